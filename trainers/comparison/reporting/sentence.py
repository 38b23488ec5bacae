"""The sentence that a comparison's report begins with."""

import math

from .change import outlook
from .cost import cost, price
from .figures import amount, between, few, flipped, percent, plural, value

LEVEL = 0.95  # of intervals that no verdict depends on


def find_sentence(summary):
    """Returns what a comparison found, in one or two sentences.

    Which variant, by how much, at what cost, how sure, and what would change
    it. Named as the best is the variant of the best paired difference, and of
    equal ones the one that lost the fewest runs; that is no verdict.

    Args:
        summary: a `Summary`.
    """
    if all(row.diverged == row.runs for row in summary.rows):
        return _nothing_trained(summary)
    if not summary.others:
        return _alone(summary)
    groups = {}
    for row in sorted(summary.others, key=lambda row: rank(summary, row)):
        groups.setdefault(row.verdict, []).append(row)
    undecided = groups.get("undecided", ())
    if better := groups.get("better"):
        found = _better(summary, better)
    elif undecided:
        found = _undecided(summary, undecided)
    elif worse := groups.get("worse"):
        equal = groups.get("practically equal", ())
        found = _none_better(summary, worse, equal)
    else:
        found = _equal(summary, groups["practically equal"])
    if summary.design.once:
        found = f"At these settings, {found}"
    elif found.startswith("no "):  # and not with the name of a variant
        found = found.capitalize()
    return f"{found}. {outlook(summary, undecided)}"


def rank(summary, row):
    """Returns what rows are sorted by, the best first.

    No run that is lost makes it smaller. Differences are what verdicts are
    about: they need not have the order of the centers.
    """
    metric = summary.columns[0]
    center = 0.0
    if row.differences:
        center = row.differences[metric.key].center
    if math.isnan(center):  # no seed is shared
        return math.inf, _lost(row)
    return -center if metric.higher_is_better else center, _lost(row)


def best_row(summary):
    """Returns the `Row` that is named as the best, without a verdict."""
    return min(summary.rows, key=lambda row: rank(summary, row))


def _nothing_trained(summary):
    runs = sum(row.runs for row in summary.rows)
    runs = "The only run" if runs == 1 else f"All {runs} runs"
    return (
        f"{runs} diverged, so nothing can be said about any variant. Lower "
        "learning rates could change that."
    )


def _alone(summary):
    (row,) = summary.rows
    metric = summary.columns[0]
    found = row.intervals[metric.key]
    seeds = "one seed, so no interval"
    if found.level:
        level = percent(min(found.level, LEVEL))
        seeds = (
            f"{between(metric, found)}, a {level} interval of "
            f"{plural(row.runs, 'seed')}"
        )
    return (
        f"{row.variant} has {_typical(metric, row)} ({seeds}), at "
        f"{price(row)}. There is nothing to compare it with: a second variant "
        "would change that."
    )


def _typical(metric, row):
    """Returns what a run of a variant reaches: `"a test loss of 0.123"`."""
    center = row.intervals[metric.key].center
    if _is_worst(metric, row, center):
        return f"{row.diverged} of {row.runs} runs diverged"
    return f"a {metric.called} of {value(metric, center)}"


def _better(summary, rows):
    metric, base, lead = summary.columns[0], summary.base, rows[0]
    found = f"{_named(rows)} {_are(rows)} better than {base.variant}"
    by = f"{_distance(summary, lead)}, {cost(lead, base)}"
    if len(rows) == 1:
        found += f": its {metric.called} is {by}"
    else:
        found += (
            f" in {metric.called}; of these, {lead.variant} has the largest "
            f"difference: it is {by}"
        )
    best = best_row(summary)
    if best is not lead and best is not base:
        found += f" ({best.variant} is ahead of it, but {best.verdict})"
    return found


def _undecided(summary, rows):
    metric, base, best = summary.columns[0], summary.base, best_row(summary)
    found = f"{best.variant} is ahead, with {_typical(metric, best)}"
    if best is base:
        found += f" at {price(base)}"
    else:
        found += f", {_distance(summary, best, base)}, {cost(best, base)}"
    seeds = plural(max(row.judgment.seeds for row in rows), "seed")
    if rows == [best]:
        return f"{found}, but {seeds} cannot tell it from chance"
    return (
        f"{found}, but {seeds} cannot tell {_named(rows, 'or')} from "
        f"{base.variant}"
    )


def _none_better(summary, worse, equal):
    metric, base = summary.columns[0], summary.base
    clauses = [f"{_named(worse)} {_are(worse)} worse, "]
    if len(worse) > 1:
        clauses[0] += f"{worse[0].variant} the least: "
    clauses[0] += _distance(summary, worse[0])
    if equal:
        clauses.append(f"{_named(equal)} {_are(equal)} practically equal")
    return (
        f"no variant is better than {base.variant}, the baseline, with "
        f"{_typical(metric, base)} at {price(base)}: {'; '.join(clauses)}"
    )


def _equal(summary, rows):
    metric, base = summary.columns[0], summary.base
    found = (
        f"{_named(rows)} {_are(rows)} practically equal to {base.variant} in "
        f"{metric.called}"
    )
    if len(rows) == 1:
        (row,) = rows
        ends = between(metric, row.differences[metric.key], "+")
        points = " points" if metric.scale == 100 else ""
        return f"{found} (a difference of {ends}{points}), {cost(row, base)}"
    least = amount(metric, summary.design.least)
    fastest = min(summary.rows, key=lambda row: row.seconds)
    return (
        f"{found} (all within {least}); {fastest.variant} takes the least "
        f"time, {price(fastest)}"
    )


def _distance(summary, row, base=None):
    """Returns by how much a variant differs: `"1.2 points higher (...)"`."""
    metric = summary.columns[0]
    found = row.differences[metric.key]
    up = found.center >= 0
    if not up:
        found = flipped(found)
    if not math.isfinite(found.center):
        lost = summary.base if up == metric.higher_is_better else row
        word = "better" if lost is summary.base else "worse"
        return (
            f"{word} because {lost.diverged} of {lost.runs} runs of "
            f"{lost.variant} diverged"
        )
    than = f" than {base.variant}" if base else ""
    size = f"{amount(metric, found.center)} {'higher' if up else 'lower'}{than}"
    if float(metric.text(found.center)) == 0:
        size = f"no different{than.replace('than', 'from')}"
    if not found.level:
        return size
    seeds = plural(row.judgment.seeds, "seed")
    over = "over" if found.level >= summary.level else "the range of"
    ends = f"{between(metric, found)}, {over} {seeds}"
    if row.diverged:
        ends += f", of which {row.diverged} diverged"
    return f"{size} ({ends})"


def _lost(row):
    return row.diverged / row.runs


def _is_worst(metric, row, center):
    worst = metric.bounds[0 if metric.higher_is_better else 1]
    return row.diverged > 0 and center == worst


def _named(rows, last="and"):
    return few([row.variant for row in rows], last)


def _are(rows):
    return "is" if len(rows) == 1 else "are"
