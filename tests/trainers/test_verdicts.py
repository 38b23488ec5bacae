"""Verdicts on made-up effects."""

import math

import numpy as np
import pytest

from normzoo.trainers.verdicts import decide


@pytest.mark.parametrize(
    ("effects", "minimal", "verdict"),
    [
        ([0.9, 1.0, 1.1], 0.5, "supported"),
        ([0.1, 0.0, -0.1], 0.5, "refuted"),
        ([-1.0, -1.1, -0.9], 0.0, "refuted"),
        ([0.0, 1.0, 0.5], 0.5, "inconclusive"),
        ([0.2, 0.2, 0.2], 0.2, "inconclusive"),
        ([1.0, 1.0, 1.0], 0.5, "supported"),
        ([-0.01, -0.005, -0.008], -0.02, "supported"),
        ([9.0], 0.5, "inconclusive"),
        ([], 0.5, "inconclusive"),
    ],
)
def test_the_interval_decides(effects, minimal, verdict):
    assert decide(effects, minimal).verdict == verdict


def test_the_interval_is_of_students_t():
    found = decide([1.0, 2.0, 3.0], 0.0)
    assert found.effect == 2
    # 4.302652 is the 97.5 % quantile of t with two degrees of freedom.
    half = 4.302652 / math.sqrt(3)
    assert (found.low, found.high) == pytest.approx((2 - half, 2 + half))
    assert found.seeds == 3


@pytest.mark.parametrize("seeds", [2, 5, 20])
def test_noise_is_seldom_supported(seeds):
    noise = np.random.default_rng(0).standard_normal((1000, seeds))
    verdicts = [decide(effects, 0.0).verdict for effects in noise]
    # 2.5 % expected of each.
    assert 5 <= verdicts.count("supported") <= 50
    assert 5 <= verdicts.count("refuted") <= 50


def test_effects_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="must be finite"):
        decide([1.0, math.nan], 0.0)
