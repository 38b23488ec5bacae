"""Means and paired differences with 95 % confidence intervals."""

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A mean and the half width of its confidence interval.

    Attributes:
        mean: NaN where there are no values.
        half_width: of Student's t interval; NaN for fewer than two values.
    """

    mean: float
    half_width: float


def estimate(values):
    """Returns the `Estimate` of the mean from independent values.

    mean +- t(0.975, n-1) * s / sqrt(n), s the sample standard deviation.

    Example:

    >>> from normzoo.trainers.comparison.statistics import estimate
    >>> estimate([1.0, 2.0, 3.0])
    Estimate(mean=2.0, half_width=2.48413...)
    """
    values = np.asarray(values, float)
    if not values.size:
        return Estimate(math.nan, math.nan)
    if values.size == 1:
        return Estimate(values.item(), math.nan)
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, values.size - 1)
    return Estimate(values.mean().item(), (quantile * stats.sem(values)).item())


def paired_difference(values, baseline):
    """Returns the `Estimate` of values minus baseline, paired by key.

    Args:
        values: key (a seed) -> value.
        baseline: the same of the baseline; keys that one of both lacks are
            left out.
    """
    shared = [key for key in values if key in baseline]
    return estimate([values[key] - baseline[key] for key in shared])
