"""Signed-rank intervals of values and of paired differences, infinite ones too.

A run that diverged has no value. It counts as an infinitely bad one, which an
interval on ranks bears: one failure moves it by one place of its order, not by
an infinite amount.
"""

import functools
import math
from typing import NamedTuple

import numpy as np
from scipy import special

_MOST_EXACT = 200  # values; of more, ranks are summed by the normal's formula


class Interval(NamedTuple):
    """Where the center of a distribution lies.

    Attributes:
        center: the Hodges-Lehmann estimate, the median of all Walsh averages;
            NaN without values.
        low, high: ends of the signed-rank interval; they may be infinite.
        level: the probability with which it covers the center, for values
            that are symmetric about it. With too few values for what was
            asked it is less, see `interval`.
    """

    center: float
    low: float
    high: float
    level: float


def interval(values, level=0.95):
    """Returns the Wilcoxon signed-rank `Interval`.

    With W_1 <= W_2 <= ... the m = n (n+1) / 2 Walsh averages
    (x_i + x_j) / 2, i <= j, it is

        [W_(k+1), W_(m-k)],   center = median(W),

    where k is the largest number with P(T <= k) <= (1 - level) / 2, and T is
    the sum of the ranks with a positive sign if all 2**n signs are equally
    likely. That distribution is exact for up to 200 values; for more it is
    the normal one with continuity correction.

    If there is no such k, there are too few values. The interval is then
    their range, whose level is 1 - 2 / 2**n: 0 for one value. Without values
    it is the whole line at level 0.

    Tied values make it conservative, since both ends belong to it: it covers
    with at least its level (Noether 1967; Hollander, Wolfe and Chicken,
    Nonparametric Statistical Methods, 3.3). The Walsh average of -inf and
    +inf may be any number. The center takes 0, which favors neither; each end
    takes the infinity that makes the interval longer. So center and ends never
    rise when a value falls.

    Args:
        values: numbers, +-inf allowed.
        level: at which the interval should cover.

    Raises:
        ValueError: a value is NaN, or level is not in [0, 1).

    Example:

    >>> from normzoo.trainers.comparison.intervals import interval
    >>> interval([1.0, 2.0, 3.0, 4.0, 5.0, 60.0])
    Interval(center=3.5, low=1.0, high=60.0, level=0.96875)
    """
    values = np.asarray(list(values), float)
    if np.isnan(values).any():
        raise ValueError(f"Values must be numbers. Received: {values}.")
    if not values.size:
        return Interval(math.nan, -math.inf, math.inf, 0.0)
    skipped, attained = skipped_averages(values.size, level)
    center, low, high = center_and_ends(values, skipped)
    return Interval(center.item(), low.item(), high.item(), attained)


def metric_interval(values, metric, level=0.95):
    """Returns the `Interval` of one variant's values of a metric.

    Args:
        values: of its runs; None (or what is not finite) for those that
            diverged. They count as infinitely bad: -inf where higher is
            better, +inf where lower is better. Where the metric has no
            direction they are left out of the center, and each end counts
            them against itself.
        metric: a `Metric`. Nothing lies outside its `bounds`: an accuracy's
            end that is -inf is 0.
        level: at which the interval should cover.
    """
    values = as_array(values)
    failed = np.isnan(values)

    def replaced(worst):
        return interval(np.where(failed, worst, values), level)

    if metric.higher_is_better is None:
        lowest, highest = replaced(-math.inf), replaced(math.inf)
        center = interval(values[~failed], level).center
        found = Interval(center, lowest.low, highest.high, lowest.level)
    else:
        found = replaced(-math.inf if metric.higher_is_better else math.inf)
    shown = np.clip(found[:3], *metric.bounds).tolist()
    return Interval(*shown, found.level)


def differences(values, others, higher_is_better):
    """Returns the differences value - other of all shared seeds.

    A run that diverged is worse than any other: the difference is infinite,
    with the sign that says so. Two that diverged are equal: 0.

    Args:
        values: seed -> value; None (or what is not finite) if the run
            diverged.
        others: the same of what is compared with.
        higher_is_better: of the metric.

    Example:

    >>> from normzoo.trainers.comparison.intervals import differences
    >>> differences({0: 3.0, 1: None}, {0: 1.0, 1: 1.0}, higher_is_better=True)
    [2.0, -inf]
    """
    shared = [seed for seed in values if seed in others]
    of_values, of_others = (
        as_array(x[seed] for seed in shared) for x in (values, others)
    )
    return array_differences(of_values, of_others, higher_is_better).tolist()


def as_array(values):
    """Returns values as an array, with NaN for None and what is infinite."""
    values = np.array(
        [math.nan if value is None else value for value in values], float
    )
    return np.where(np.isfinite(values), values, math.nan)


def array_differences(values, others, higher_is_better):
    """Returns the `differences` of arrays; NaN stands for a diverged run."""
    worst = -math.inf if higher_is_better else math.inf
    found = np.where(np.isnan(values), worst, values - others)
    found = np.where(np.isnan(others), -worst, found)
    return np.where(np.isnan(values) & np.isnan(others), 0.0, found)


def skipped_averages(n, level):
    """Returns how many Walsh averages lie beyond each end of an interval.

    Returns:
        `(k, attained)` as `interval` explains them: attained >= level, unless
        there are too few values.
    """
    if not 0 <= level < 1:
        raise ValueError(f"A level lies in [0, 1). Received: {level}.")
    error = (1 - level) / 2
    if n <= _MOST_EXACT:
        tail = _rank_sum_tail(n)
        k = max(int(np.searchsorted(tail, error, side="right")) - 1, 0)
        # Up to its center: at level 0 both ends are the median.
        k = min(k, (n * (n + 1) // 2 - 1) // 2)
        return k, max(1 - 2 * tail[k].item(), 0.0)
    mean = n * (n + 1) / 4
    deviation = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    k = math.floor(mean + deviation * special.ndtri(error) - 0.5)
    tail = special.ndtr((k + 0.5 - mean) / deviation)
    return k, max(1 - 2 * tail.item(), level)


def center_and_ends(values, skipped):
    """Returns center, low and high of arrays of values along the last axis."""
    averages = _walsh_averages(values)
    mixed = np.isnan(averages)
    m = averages.shape[-1]
    middle = ((m - 1) // 2, m // 2)
    # With the mixed averages at one end or the other, or between.
    low = np.where(mixed, -math.inf, averages)
    low = np.partition(low, skipped, -1)[..., skipped]
    high = np.where(mixed, math.inf, averages)
    high = np.partition(high, m - 1 - skipped, -1)[..., m - 1 - skipped]
    central = np.partition(np.where(mixed, 0.0, averages), middle, -1)
    center = _average(central[..., middle[0]], central[..., middle[1]])
    return np.where(np.isnan(center), 0.0, center), low, high


def _walsh_averages(values):
    first, second = np.triu_indices(values.shape[-1])
    return _average(values[..., first], values[..., second])


def _average(a, b):
    with np.errstate(invalid="ignore"):  # of -inf and +inf it is NaN
        return a / 2 + b / 2


@functools.lru_cache(maxsize=256)
def _rank_sum_tail(n):
    """Returns P(T <= k) for k = 0, 1, ..., n (n+1) / 2."""
    chances = np.zeros(n * (n + 1) // 2 + 1)
    chances[0] = 1.0
    for rank in range(1, n + 1):
        with_it = np.roll(chances, rank)  # what is rolled over is 0
        chances = (chances + with_it) / 2
    return np.cumsum(chances)
