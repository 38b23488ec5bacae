"""What the numbers of a comparison's table are, in words."""

import math

from ..looks import fewest_seeds
from .figures import amount, percent, plural, value


def legend(summary, *, short=False):
    """Returns the sentences that say what the table's numbers are.

    Intervals are named by their method and the level that they attain.

    Args:
        summary: a `Summary`.
        short: whether the table has the primary metric alone.
    """
    metric = summary.columns[0]
    first = metric.said(_values(summary)).rstrip("; ")
    parts = [first, *_differences(summary, short), _seconds(summary, short)]
    return ". ".join([*parts, *_lost(summary)]) + "."


def _values(summary):
    runs = [row.runs for row in summary.rows]
    low, high = min(runs), max(runs)
    seeds = plural(high, "seed") if low == high else f"{low} to {high} seeds"
    center = "Hodges-Lehmann center"
    if high == 1:
        return "one seed, without interval"
    key = summary.columns[0].key
    level = min(row.intervals[key].level for row in summary.rows)
    if level >= 0.95:
        return f"{center} and signed-rank interval, 95 %, over {seeds}"
    if low == high:
        return f"{center} and range of {seeds}, level {percent(level)}"
    return (
        f"{center} and interval over {seeds}: signed-rank, 95 %, for 6 or more "
        "seeds; for fewer, n, their range, level 1 - 2/2^n"
    )


def _differences(summary, short):
    if not summary.others:
        return
    design, metric = summary.design, summary.columns[0]
    others = ""
    if len(summary.columns) > 1 and not short:
        others = "; for other metrics, 95 % each"
    several = len(summary.others) * len(design.looks) > 1
    level = percent(summary.level)
    intervals = f"{level} signed-rank intervals"
    if several:
        intervals = f"simultaneous 95 % signed-rank intervals: each at {level}"
    yield (
        f"Differences from {summary.baseline} are paired by seed, with "
        f"{intervals}{_attained(summary)}{others}"
    )
    settings = " at these settings" if design.once else ""
    yield (
        f"Verdicts{settings}: practically equal if that interval lies within "
        f"{amount(metric, design.least)}, otherwise better or worse if it "
        "excludes 0"
    )


def _attained(summary):
    """Says it where there are too few seeds for a level."""
    key = summary.columns[0].key
    attained = min(row.differences[key].level for row in summary.others)
    if attained >= summary.level:
        return ""
    shown = f"; the range of fewer has {percent(attained)}" if attained else ""
    return f" (this takes {fewest_seeds(summary.level)} seeds{shown})"


def _seconds(summary, short):
    said = "s: median seconds of training per run"
    if not short:
        said = (
            "memory: bytes of the weights, of the optimizer's variables, and "
            f"of what a batch's forward pass keeps for the gradient; {said}"
        )
    if summary.design.tuned and not short:
        said += "; s of tuning: seconds of the runs that were not chosen"
    return said


def _lost(summary):
    """Says how diverged runs count, where there are any."""
    if any(row.diverged for row in summary.rows):
        metric = summary.columns[0]
        worst = metric.bounds[0 if metric.higher_is_better else 1]
        counts = ""
        if math.isfinite(worst):
            counts = f": as {value(metric, worst)}, in differences infinitely"
        yield f"A diverged run counts as worse than any other{counts}"
