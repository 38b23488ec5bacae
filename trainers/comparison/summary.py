"""What a comparison found, one row per variant."""

from typing import NamedTuple

from ..common.errors import InputError
from .statistics import Estimate, estimate, paired_difference

METRICS = ("test_accuracy", "test_loss")
TEXT_METRICS = ("test_accuracy", "test_bits_per_character")
MODE_METRICS = ("last_modes", "last_good")
GAN_METRICS = ("last_frechet", "best_frechet")


class Row(NamedTuple):
    """What the runs of one variant gave.

    Attributes:
        variant: such as `"norm=batch"`.
        runs: number of runs.
        diverged: how many of them diverged; they are in no mean.
        values: metric -> its mean over the seeds.
        differences: metric -> its paired difference to the baseline.
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
    """The rows of a comparison and the variant that they are compared with."""

    baseline: str
    rows: list[Row]

    @property
    def metrics(self):
        """The two metrics that all rows have."""
        return tuple(self.rows[0].values)


def metrics_of(result):
    """Returns the two metrics that tell how good a result is."""
    for metrics in (TEXT_METRICS, MODE_METRICS, GAN_METRICS):
        if metrics[1] in result:
            return metrics
    return METRICS


def key_of(metric, result):
    """Returns the result's key of `compare.metric`, such as `test_loss`."""
    keys = (f"test_{metric}", f"last_{metric}")
    return next(key for key in keys if key in result)


def find_baseline(runs, name):
    """Returns the variant that `name` means; the first one for `""`."""
    variants = list(dict.fromkeys(run.variant for run in runs))
    if name and name not in variants:
        raise InputError(
            f"Unknown baseline. Received: {name!r}. Expected one of: "
            f"{'; '.join(variants)}. Set --config.compare.baseline."
        )
    return name or variants[0]


def summarize(runs, results, baseline):
    """Returns the `Summary`, one row per variant in the order of the runs.

    Args:
        runs: list of `Run`s.
        results: run name -> result.
        baseline: the variant that the others are compared with.
    """
    by_variant = {}
    for run in runs:
        seeds = by_variant.setdefault(run.variant, {})
        seeds[run.seed] = results[run.name]
    base = by_variant[baseline]
    rows = [_row(name, seeds, base) for name, seeds in by_variant.items()]
    return Summary(baseline, rows)


def _row(variant, seeds, base):
    results = list(seeds.values())
    metrics = metrics_of(results[0])
    return Row(
        variant=variant,
        runs=len(results),
        diverged=sum(r["status"] == "diverged" for r in results),
        values={m: estimate(list(_finite(seeds, m).values())) for m in metrics},
        differences={
            m: paired_difference(_finite(seeds, m), _finite(base, m))
            for m in metrics
        },
        parameters=results[0]["parameters"],
        seconds=estimate([r["seconds"] for r in results]).mean,
    )


def _finite(seeds, metric):
    return {
        seed: result[metric]
        for seed, result in seeds.items()
        if result[metric] is not None
    }
