"""The sentence that a comparison's report begins with."""

import math

from .change import outlook
from .cost import cost, price
from .figures import amount, between, clamped, joined, percent, plural, value


def find_sentence(summary):
    """Returns what a comparison found, in one or two sentences.

    Which variant, by how much, at what cost, how sure, and what would change
    it. The variant that is named as the best has the best center, and of equal
    ones lost the fewest runs; that it is the best is no verdict.

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
    undecided = groups.get("undecided", [])
    if better := groups.get("better"):
        found = _better(summary, better)
    elif undecided:
        found = _undecided(summary, undecided)
    elif worse := groups.get("worse"):
        found = _none_better(summary, worse, groups.get("practically equal"))
    else:
        found = _equal(summary, groups["practically equal"])
    if summary.design.once:
        found = f"At these settings, {found}"
    else:
        found = f"{found[0].upper()}{found[1:]}" if not better else found
    return f"{found}. {outlook(summary, undecided)}"
