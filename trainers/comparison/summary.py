"""What a comparison found, one row per variant."""

from typing import NamedTuple

from ..common.errors import InputError
from ..common.metric import Metric
from .statistics import Estimate, estimate, paired_difference


class Row(NamedTuple):
    """What the runs of one variant gave.

    Attributes:
        variant: such as `"norm=batch"`.
        runs: number of runs.
        diverged: how many of them diverged; they are in no mean.
        values: key of a metric -> its mean over the seeds.
        differences: the same of its paired difference to the baseline.
        parameters: number of trainable parameters.
        seconds: mean training time of a run.
    """

    variant: str
    runs: int
    diverged: int
    values: dict[str, Estimate]
    differences: dict[str, Estimate]
    parameters: int
    seconds: float


class Summary(NamedTuple):
    """What a comparison found.

    Attributes:
        baseline: the variant that the others are compared with.
        rows: one `Row` per variant.
        columns: the `Metric`s that all rows have.
    """

    baseline: str
    rows: list[Row]
    columns: tuple[Metric, ...]

    @property
    def metrics(self):
        """The keys of the metrics that all rows have."""
        return tuple(metric.key for metric in self.columns)


def find_baseline(runs, name):
    """Returns the variant that `name` means; the first one for `""`."""
    variants = list(dict.fromkeys(run.variant for run in runs))
    if name and name not in variants:
        raise InputError(
            f"Unknown baseline. Received: {name!r}. Expected one of: "
            f"{'; '.join(variants)}. Set --config.compare.baseline."
        )
    return name or variants[0]


def summarize(runs, results, baseline, columns):
    """Returns the `Summary`, one row per variant in the order of the runs.

    Args:
        runs: list of `Run`s.
        results: run name -> result.
        baseline: the variant that the others are compared with.
        columns: the `Metric`s that tell how good a run is.
    """
    by_variant = {}
    for run in runs:
        seeds = by_variant.setdefault(run.variant, {})
        seeds[run.seed] = results[run.name]
    base = by_variant[baseline]
    keys = [metric.key for metric in columns]
    rows = [_row(name, seeds, base, keys) for name, seeds in by_variant.items()]
    return Summary(baseline, rows, tuple(columns))


def _row(variant, seeds, base, keys):
    results = list(seeds.values())
    return Row(
        variant=variant,
        runs=len(results),
        diverged=sum(r["status"] == "diverged" for r in results),
        values={k: estimate(list(_finite(seeds, k).values())) for k in keys},
        differences={
            k: paired_difference(_finite(seeds, k), _finite(base, k))
            for k in keys
        },
        parameters=results[0]["parameters"],
        seconds=estimate([r["seconds"] for r in results]).mean,
    )


def _finite(seeds, key):
    return {
        seed: result[key]
        for seed, result in seeds.items()
        if result[key] is not None
    }
