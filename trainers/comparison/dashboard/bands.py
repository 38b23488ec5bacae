"""Learning curves of variants: the center over the seeds, and its interval."""

import itertools
import math
from typing import NamedTuple

from ...common.metric import Metric
from ...run import metrics_file
from ..charts.edge import drawn, find_edge
from ..reporting.curves import courses

SPLITS = ("validation", "train")
_PLACE = ("step", "epoch", "split")
_ENDS = ("curves", "low", "high")


class Band(NamedTuple):
    """The curves of one measured number.

    Attributes:
        split: `"validation"` or `"train"`.
        name: of the number, such as `"accuracy"`.
        courses: of each variant, epoch -> tag -> value.
    """

    split: str
    name: str
    courses: tuple[dict[int, dict[str, float]], ...]

    @property
    def tags(self):
        """The tags of center, low and high."""
        return tuple(f"{end}/{self.split}_{self.name}" for end in _ENDS)


def find_bands(outcomes, metrics, workdir):
    """Returns the `Band`s of all numbers that every run has logged.

    Args:
        outcomes: of each variant, a list of `Outcome`s.
        metrics: the `Metric`s that tell which end is worse; what fails counts
            as the worst there, and is left out of others.
        workdir: of the comparison.
    """
    groups = [[outcome.run.name for outcome in some] for some in outcomes]
    results = {o.run.name: o.result for some in outcomes for o in some}
    known = {metric.name: metric for metric in metrics}
    bands = []
    for split in SPLITS:
        logs = {
            name: metrics_file.read(workdir / name, split) for name in results
        }
        longest = max(logs.values(), key=len)
        # Not every trainer has epochs.
        epochs = [line.get("epoch", i) for i, line in enumerate(longest, 1)]
        for name in _names(logs.values(), known):
            metric = known.get(name) or _undirected(name)
            found = courses(groups, results, logs, metric)
            band = Band(split, name, ())
            finite = _finite(found, metric, epochs, band.tags)
            bands.append(band._replace(courses=finite))
    return bands


def _names(logs, known):
    """Returns what all lines have, the metrics that are known first."""
    lines = list(itertools.chain(*logs))
    if not lines:
        return []
    names = [key for key in lines[0] if all(key in line for line in lines)]
    first = [name for name in known if name in names]
    return [*first, *(n for n in names if n not in (*first, *_PLACE))]


def _undirected(name):
    return Metric(key=name, name=name, title=name, higher_is_better=None)


def _finite(found, metric, epochs, tags):
    """Returns epoch -> tag -> value, with failures beyond all the rest."""
    every = [end for course in found for each in course for end in each[:3]]
    edge = find_edge(every, metric.higher_is_better)
    return tuple(
        {
            epoch: {
                tag: drawn(end, edge)
                for tag, end in zip(tags, each[:3], strict=True)
            }
            for epoch, each in zip(epochs, course, strict=False)
            if not math.isnan(each.center)
        }
        for course in found
    )
