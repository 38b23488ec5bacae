"""Verdicts on made-up effects."""

import math

import numpy as np
import pytest

from normzoo.trainers.comparison.verdicts import decide, seeds_needed


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


@pytest.mark.slow
@pytest.mark.parametrize(("mean", "deviation"), [(0.3, 0.2), (-0.5, 1.0)])
def test_so_many_seeds_are_seldom_inconclusive(mean, deviation):
    pair = deviation / math.sqrt(2)
    needed = seeds_needed([mean - pair, mean + pair], 0.0)

    def conclusive(seeds):
        draws = np.random.default_rng(0).normal(mean, deviation, (4000, seeds))
        verdicts = [decide(effects, 0.0).verdict for effects in draws]
        return 1 - verdicts.count("inconclusive") / len(draws)

    # Three standard deviations of a share of 4000 draws are 0.014.
    assert conclusive(needed) > 0.9 - 0.014
    assert conclusive(needed - 1) < 0.9 + 0.014


@pytest.mark.parametrize(
    ("effects", "needed"),
    [([3.0, 3.0], 2), ([1.0, 1.0], None), ([0.0, 2.0], None), ([3.0], None)],
)
def test_needed_seeds_at_the_edges(effects, needed):
    assert seeds_needed(effects, minimal=1.0) == needed
