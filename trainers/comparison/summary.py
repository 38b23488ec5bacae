"""What a comparison found, one row per variant."""

import math
import statistics
from typing import Any, NamedTuple

from ..common.metric import Metric
from .design import Design, Look
from .intervals import Interval, differences, interval, metric_interval
from .judgment import Judgment, judge
from .looks import family_level
from .reporting.notes import find_notes
from .reporting.sentence import find_sentence

#: Of the intervals that no verdict depends on.
LEVEL = 0.95


class Row(NamedTuple):
    """What the runs of one variant gave.

    Attributes:
        variant: such as `"norm=batch"`.
        runs: number of runs, one for each seed.
        diverged: how many of them diverged.
        values: key of a metric -> seed -> value; None where the run diverged.
        intervals: key -> `Interval` over the seeds. A diverged run is worse
            than any other: where an end meets one, it is the metric's bound.
        differences: the same of the paired differences to the baseline, over
            the seeds that both have; an end that meets a diverged run is
            infinite. `{}` for the baseline itself.
        judgment: the `Judgment` by the primary metric; None for the baseline.
        moving: key -> `Interval` of what the same runs reach with moving
            statistics, for keys that all of them have that did not diverge.
        chosen: dotted key -> value -> how many seeds chose it.
        at_edge: the same of values that end the grid.
        parameters: number of trainable parameters.
        memory: bytes that a run takes while it trains; None if not known.
        seconds: of training a run, the median over the seeds; a diverged run
            has ended early and counts as an endless one.
        tuning_seconds: of the runs that were not chosen, the median over the
            seeds.
    """

    variant: str
    runs: int
    diverged: int
    values: dict[str, dict[int, float | None]]
    intervals: dict[str, Interval]
    differences: dict[str, Interval]
    judgment: Judgment | None
    moving: dict[str, Interval]
    chosen: dict[str, dict[Any, int]]
    at_edge: dict[str, dict[Any, int]]
    parameters: int
    seconds: float
    tuning_seconds: float
    memory: int | None = None

    @property
    def verdict(self):
        """The verdict; `"baseline"` for the baseline."""
        return self.judgment.verdict if self.judgment else "baseline"


class Summary(NamedTuple):
    """What a comparison found.

    Attributes:
        design: the `Design`.
        looks: the `Look`s that were taken.
        level: of the interval of each primary difference, so that all verdicts
            together err with a probability of 5 % at most.
        columns: the `Metric`s that all rows have, the primary one first.
        rows: one `Row` per variant.
        changes: sentences on what was changed in the design after a look.
        about: what is learned, a sentence, or "".
        sentence: what was found.
        notes: sentences on what the numbers alone do not tell.
    """

    design: Design
    looks: tuple[Look, ...]
    level: float
    columns: tuple[Metric, ...]
    rows: tuple[Row, ...]
    changes: tuple[str, ...] = ()
    about: str = ""
    sentence: str = ""
    notes: tuple[str, ...] = ()

    @property
    def baseline(self):
        """The name of the variant that the others are compared with."""
        return self.design.baseline

    @property
    def metrics(self):
        """The keys of the metrics that all rows have."""
        return tuple(metric.key for metric in self.columns)

    @property
    def base(self):
        """The baseline's `Row`."""
        return next(r for r in self.rows if r.variant == self.baseline)

    @property
    def others(self):
        """The other `Row`s, which have verdicts."""
        return tuple(r for r in self.rows if r.variant != self.baseline)


def summarize(found, columns, about=""):
    """Returns the `Summary`, one row per variant in the design's order.

    Args:
        found: a `Found` with one `Outcome` at least of each variant.
        columns: the `Metric`s that tell how good a run is.
        about: what is learned, a sentence, or "".
    """
    design = found.design
    first = design.metric
    others = [metric for metric in columns if metric.key != first.key]
    columns = (first, *others)
    compared = len(design.variants) - 1
    level = family_level(compared, len(design.looks)) if compared else LEVEL
    outcomes = {name: {} for name in design.variants}
    for outcome in found.outcomes:
        outcomes[outcome.variant][outcome.seed] = outcome
    values = {
        name: {m.key: _values(by_seed, m.key) for m in columns}
        for name, by_seed in outcomes.items()
    }
    rows = tuple(
        _row(name, outcomes[name], values, columns, design, level)
        for name in design.variants
    )
    looks, changes = tuple(found.looks), tuple(found.changes)
    summary = Summary(design, looks, level, columns, rows, changes, about)
    return summary._replace(
        sentence=find_sentence(summary), notes=find_notes(found, summary)
    )


def _values(by_seed, key):
    """Returns seed -> value; None of a run that diverged, whatever it has."""
    return {
        seed: _finite(outcome.result, key) for seed, outcome in by_seed.items()
    }


def _finite(result, key):
    if result["status"] == "diverged" or result[key] is None:
        return None
    value = result[key]
    return value if math.isfinite(value) else None


def _row(name, by_seed, values, columns, design, level):
    mine, base = values[name], values[design.baseline]
    results = [outcome.result for outcome in by_seed.values()]
    judgment = None
    if name != design.baseline:
        judgment = _judge(mine, base, design, level)
    return Row(
        variant=name,
        runs=len(results),
        diverged=sum(v is None for v in mine[design.metric.key].values()),
        values=mine,
        intervals={
            m.key: metric_interval(mine[m.key].values(), m, LEVEL)
            for m in columns
        },
        differences=_differences(mine, base, columns, judgment),
        judgment=judgment,
        moving=_moving(by_seed, columns),
        chosen=_counted(by_seed, design.tuned, lambda outcome: design.tuned),
        at_edge=_counted(
            by_seed, design.tuned, lambda outcome: outcome.at_edge
        ),
        parameters=results[0]["parameters"],
        seconds=median_seconds(results),
        tuning_seconds=statistics.median(
            max(outcome.seconds - outcome.result["seconds"], 0.0)
            for outcome in by_seed.values()
        ),
        memory=_memory(results),
    )


def _memory(results):
    """Returns the most bytes that a run takes; None if that is not known.

    Older versions have not written them.
    """
    found = [result.get("memory") for result in results]
    return max(sum(f.values()) for f in found) if all(found) else None


def _differences(mine, base, columns, judgment):
    """Returns key -> `Interval`; the primary one at the level of a verdict."""
    if judgment is None:
        return {}
    found = {
        m.key: interval(
            differences(mine[m.key], base[m.key], m.higher_is_better), LEVEL
        )
        for m in columns[1:]
    }
    return {columns[0].key: judgment.interval, **found}


def _judge(mine, base, design, level):
    metric = design.metric
    return judge(
        mine[metric.key],
        base[metric.key],
        higher_is_better=metric.higher_is_better,
        least=design.least,
        level=level,
    )


def _moving(by_seed, columns):
    found = {}
    for metric in columns:
        key = f"{metric.key}_moving"
        ended = [
            outcome.result
            for outcome in by_seed.values()
            if outcome.result["status"] != "diverged"
        ]
        if ended and all(key in result for result in ended):
            values = _values(by_seed, key).values()
            found[metric.key] = metric_interval(values, metric, LEVEL)
    return found


def _counted(by_seed, keys, counts):
    """Returns key -> value -> how many seeds chose it, in order of value.

    Args:
        by_seed: seed -> `Outcome`.
        keys: that were tuned.
        counts: function of an `Outcome` that returns the keys that count.
    """
    found = {}
    for key in keys:
        times = {}
        for outcome in by_seed.values():
            if key in counts(outcome):
                value = _hashable(outcome.chosen[key])
                times[value] = times.get(value, 0) + 1
        found[key] = dict(sorted(times.items(), key=_by_value))
    return found


def _hashable(value):
    simple = isinstance(value, (bool, int, float, str, tuple))
    return value if simple else str(value)


def _by_value(item):
    value, _ = item
    is_number = isinstance(value, (int, float))
    return not is_number, value if is_number else 0, str(value)


def median_seconds(results):
    """Returns the median training time; a diverged run's has no end."""
    return statistics.median(map(_seconds, results))


def _seconds(result):
    return math.inf if result["status"] == "diverged" else result["seconds"]
