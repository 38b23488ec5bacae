"""From a variant's runs and the baseline's to a verdict."""

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from .intervals import Interval, as_array, differences, interval
from .looks import fewest_seeds

VERDICTS = ("better", "worse", "practically equal", "undecided")

_MOST_SEEDS = 1000
#: Of a value: metrics are float32, and differences of theirs that should be
#: equal are not quite. Each is rounded by a quarter of this, or less.
ROUNDING = 2.0**-22


class Judgment(NamedTuple):
    """What the seeds so far say about a variant and the baseline.

    Attributes:
        interval: the `Interval` of the differences variant - baseline.
        verdict: one of `VERDICTS`.
        seeds: how many both have.
        seeds_needed: an estimate of the number that would decide; None if the
            verdict is not "undecided", or if that number is not known.
    """

    interval: Interval
    verdict: str
    seeds: int
    seeds_needed: int | None


def judge(values, baseline, *, higher_is_better, least, level):
    """Returns the `Judgment` on a variant.

    With [low, high] the signed-rank interval of the differences, the first
    that fits:

    - practically equal: -least < low and high < least;
    - better: the interval lies above 0 (below 0 where lower is better);
    - worse: it lies on the other side of 0;
    - undecided: all else, and always if there are too few seeds for `level`.

    So a difference that is surely not 0, but surely smaller than what counts,
    is "practically equal". What the rounding of values to float32 can make of
    a difference counts as nothing: shares of a few hundred examples are often
    equal, and rounding would decide.

    Args:
        values: seed -> value of the metric; None if the run diverged. It is
            then worse than any that did not.
        baseline: the same of the baseline. Seeds that one of both lacks are
            left out.
        higher_is_better: of the metric, a bool.
        least: the difference that counts.
        level: of the interval: `looks.family_level` where there are several
            variants or looks.

    Raises:
        ValueError: the metric has no direction, or `least` is negative or
            no number.

    Example:

    >>> from normzoo.trainers.comparison.judgment import judge
    >>> norm = {seed: 0.90 + seed / 1000 for seed in range(6)}
    >>> none = {seed: 0.85 for seed in range(6)}
    >>> judge(
    ...     norm, none, higher_is_better=True, least=0.01, level=0.95
    ... ).verdict
    'better'
    """
    if higher_is_better is None or not least >= 0:
        raise ValueError(
            "A verdict needs a metric with a direction and a least difference "
            f"of 0 or more. Received: higher_is_better={higher_is_better}, "
            f"least={least}."
        )
    found = differences(values, baseline, higher_is_better)
    shown = interval(found, level)
    verdict = "undecided"
    if shown.level >= level:
        rounding = _rounding(values, baseline)
        index = verdicts(
            shown.low, shown.high, least, higher_is_better, rounding
        )
        verdict = VERDICTS[int(index)]
    needed = None
    if verdict == "undecided":
        needed = seeds_needed(shown, len(found), least, level)
    return Judgment(shown, verdict, len(found), needed)


def _rounding(*several):
    """Returns the difference that rounding can make between such values."""
    found = np.concatenate([as_array(each.values()) for each in several])
    return ROUNDING * np.abs(found[~np.isnan(found)]).max(initial=0)


def verdicts(low, high, least, higher_is_better, rounding=0.0):
    """Returns the verdicts of intervals as `judge` does, as an array.

    Args:
        low, high: numbers or arrays.
        least: the difference that counts.
        higher_is_better: of the metric.
        rounding: the difference that counts as nothing.

    Returns:
        Integers, places in `VERDICTS`.
    """
    low, high = np.asarray(low), np.asarray(high)
    inside = least - rounding
    equal = (-inside < low) & (high < inside)
    above, below = low > rounding, high < -rounding
    better, worse = (above, below) if higher_is_better else (below, above)
    names = ("practically equal", "better", "worse")
    places = [VERDICTS.index(name) for name in names]
    undecided = VERDICTS.index("undecided")
    return np.select([equal, better, worse], places, undecided)


def seeds_needed(shown, seeds, least, level):
    """Returns an estimate of how many seeds end an undecided comparison.

    If the center stays where it is, and the distances of both ends from it
    shrink with 1 / sqrt(n), it is the smallest n for which the interval is
    on one side of 0 or inside +-least:

        n > seeds * (distance of the end / distance that would do)**2.

    A range of too few values is first made longer, by the ratio of the
    normal distribution's quantiles at both levels. The center is not known
    well where this is asked, so that the number is an order of magnitude.

    Args:
        shown: the `Interval` of the seeds so far.
        seeds: their number.
        least: the difference that counts.
        level: that decides.

    Returns:
        The number, at least `fewest_seeds(level)`; None if it is more than
        1000, or if fewer than two seeds or infinite ends do not tell.
    """
    if seeds < 2 or not math.isfinite(shown.center):
        return None
    scale = 1.0
    if shown.level < level:
        quantiles = special.ndtri([(1 + level) / 2, (1 + shown.level) / 2])
        scale = quantiles[0] / quantiles[1]
    center = shown.center
    down, up = (center - shown.low) * scale, (shown.high - center) * scale
    one_side = _ratio(down, center) if center > 0 else _ratio(up, -center)
    inside = max(_ratio(down, least + center), _ratio(up, least - center))
    ratio = min(one_side, inside)
    if ratio > _MOST_SEEDS:  # its square may be more than a float can be
        return None
    wanted = seeds * ratio**2
    # On the edge is not inside, and the seeds so far have not decided.
    needed = max(math.floor(wanted), seeds) + 1
    needed = max(needed, fewest_seeds(level))
    return needed if needed <= _MOST_SEEDS else None


def _ratio(distance, available):
    # Python's floats overflow to infinity; NumPy's warn.
    return float(distance) / float(available) if available > 0 else math.inf
