"""Intervals that hold what they promise."""

import math

import numpy as np
import pytest
from scipy import stats

from normzoo.trainers.comparison.statistics import estimate, paired_difference


def test_the_interval_is_scipys():
    values = np.random.default_rng(0).normal(size=7)
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    mean, half_width = estimate(values)
    assert (mean - half_width, mean + half_width) == pytest.approx(
        (interval.low, interval.high)
    )


def test_it_covers_the_mean_in_95_of_100_cases():
    samples = np.random.default_rng(0).normal(3, 2, size=(2000, 4))
    covered = [abs(m - 3) <= w for m, w in map(estimate, samples)]
    assert 0.935 < np.mean(covered) < 0.965


@pytest.mark.parametrize(("values", "mean"), [([], math.nan), ([2.0], 2.0)])
def test_too_few_values_have_no_interval(values, mean):
    found = estimate(values)
    assert found.mean == pytest.approx(mean, nan_ok=True)
    assert math.isnan(found.half_width)


def test_differences_are_paired_by_key():
    difference = paired_difference(
        {0: 1.0, 1: 11.0, 2: 5.0}, {1: 10.0, 0: 0.5, 7: 3.0}
    )
    assert difference == estimate([0.5, 1.0])
