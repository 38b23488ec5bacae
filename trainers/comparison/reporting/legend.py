"""What the numbers of a comparison's table are, in words."""

import math

from ..looks import fewest_seeds
from .figures import amount, percent, plural, value


def legend(summary):
    """Returns the sentences that say what the table's numbers are.

    Intervals are named by their method and the level that they attain.
    """
    metric = summary.columns[0]
    parts = [metric.said(_values(summary))]
    if summary.others:
        parts.append(_differences(summary))
    parts.append("s: median seconds of training per run")
    if summary.design.tuned:
        parts[-1] += ", of tuning: of the runs that were not chosen"
    parts[-1] += ". "
    parts.append(_lost(summary))
    return "".join(parts).rstrip()


def _values(summary):
    runs = [row.runs for row in summary.rows]
    low, high = min(runs), max(runs)
    seeds = plural(high, "seed") if low == high else f"{low} to {high} seeds"
    center = "Hodges-Lehmann center"
    if high == 1:
        return "one seed, without interval"
    levels = [_level(summary, row) for row in summary.rows]
    if min(levels) >= 0.95:
        return f"{center} and signed-rank interval, 95 %, over {seeds}"
    if low == high:
        return f"{center} and range of {seeds}, level {percent(min(levels))}"
    return (
        f"{center} and interval over {seeds}: signed-rank, 95 %, of 6 or more; "
        "of fewer, n, their range, level 1 - 2/2^n"
    )


def _level(summary, row):
    return row.intervals[summary.columns[0].key].level


def _differences(summary):
    design, metric = summary.design, summary.columns[0]
    others = ""
    if len(summary.columns) > 1:
        others = ", of the other metrics 95 % each by itself"
    settings = " at these settings" if design.once else ""
    return (
        f"differences to {summary.baseline} are paired by seed, their "
        f"intervals simultaneous 95 %: each at {percent(summary.level)}"
        f"{_attained(summary)}{others}; verdicts{settings}: practically equal "
        f"if that interval lies within {amount(metric, design.least)}, else "
        "better or worse if it leaves out 0; "
    )


def _attained(summary):
    """Says it where there are too few seeds for a level."""
    key = summary.columns[0].key
    attained = min(row.differences[key].level for row in summary.others)
    if attained >= summary.level:
        return ""
    shown = f" (a range has {percent(attained)})" if attained else ""
    return f", which takes {fewest_seeds(summary.level)} seeds{shown}"


def _lost(summary):
    """Says how diverged runs count, where there are any."""
    if not any(row.diverged for row in summary.rows):
        return ""
    metric = summary.columns[0]
    worst = metric.bounds[0 if metric.higher_is_better else 1]
    counts = ""
    if math.isfinite(worst):
        counts = f": as {value(metric, worst)}, in a difference infinitely"
    return f"A diverged run counts as worse than any other{counts}. "
