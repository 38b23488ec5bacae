"""Verdicts on made-up effects."""

import math

import numpy as np
import pytest

from normzoo.trainers.comparison.claims.stages import conduct
from normzoo.trainers.comparison.claims.verdicts import decide, overall
from normzoo.trainers.comparison.intervals import interval
from normzoo.trainers.comparison.looks import ERROR, family_level

S, R, U = "supported", "refuted", "undecided"
#: Of two data sets and two looks.
LEVEL = family_level(2, 2)


@pytest.mark.parametrize(
    ("effects", "minimal", "verdict"),
    [
        (np.linspace(0.9, 1.1, 8), 0.5, S),
        (np.linspace(-0.1, 0.1, 8), 0.5, R),
        (np.linspace(-1.1, -0.9, 8), 0.0, R),
        (np.linspace(-0.01, -0.005, 8), -0.02, S),
        (np.linspace(0.0, 1.0, 8), 0.5, U),
        # Too few seeds for the level.
        (np.linspace(0.9, 1.1, 7), 0.5, U),
        ([9.0], 0.5, U),
        ([], 0.5, U),
        # At the least effect, and at it but for rounding.
        ([0.2] * 8, 0.2, U),
        ([0.2 + 1e-16] * 8, 0.2, U),
        ([math.log10(10**1.5) - 1] * 8, 0.5, U),
        ([0.2 + 1e-7] * 8, 0.2, U),
        ([0.2 + 1e-5] * 8, 0.2, S),
        # One far seed of twenty does not decide, one of ten may.
        ([1.0] * 19 + [-100.0], 0.5, S),
        ([1.0] * 9 + [-100.0], 0.5, U),
    ],
)
def test_the_interval_decides(effects, minimal, verdict):
    found = decide(effects, minimal, LEVEL)
    assert found.verdict == verdict
    assert found.seeds == len(effects)


def test_the_interval_is_that_of_signed_ranks():
    effects = [0.1, 0.4, 0.2, 0.9, 0.7, 0.6, 0.3, 0.5]
    assert decide(effects, 0.0, LEVEL).interval == interval(effects, LEVEL)


def test_effects_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="must be finite"):
        decide([1.0, math.nan], 0.0, LEVEL)


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        ([S, S], S),
        ([R, R], R),
        ([U, U], U),
        ([S, R], "depends on the data"),
        ([R, U, S], "depends on the data"),
        ([S, U], U),
        ([R, U], U),
        ([S], S),
    ],
)
def test_the_verdict_on_a_claim(verdicts, verdict):
    assert overall(verdicts) == verdict


@pytest.mark.parametrize(
    ("effects", "needed"),
    [
        (np.linspace(0.9, 1.1, 8), None),  # decided
        ([0.0, 0.0], None),  # at the least effect
        ([9.0], None),
        ([3.0, 3.0], 8),  # as many as the level takes
    ],
)
def test_needed_seeds_at_the_edges(effects, needed):
    minimal = 0.0 if len(effects) != 2 else min(effects[0], 0.0)
    assert decide(effects, minimal, LEVEL).seeds_needed == needed


@pytest.mark.parametrize("minimal", [-0.3, 0.0, 2.0])
def test_needed_seeds_do_not_depend_on_where_the_least_effect_is(minimal):
    effects = np.array([1.0, -0.5, 2.0, 1.5, 0.5, 1.0, 0.2, 0.1, -0.2])
    found = decide(effects + minimal, minimal, LEVEL)
    assert found.verdict == U
    assert found.seeds_needed == decide(effects, 0.0, LEVEL).seeds_needed > 9


NOISES = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "heavy-tailed": lambda rng, shape: rng.standard_t(3, shape),
    "steps": lambda rng, shape: rng.integers(-1, 2, shape) / 2,
    "two points": lambda rng, shape: rng.choice([-1.0, 1.0], shape),
    "mostly equal": lambda rng, shape: rng.choice([-1.0, 0.0, 0.0, 1.0], shape),
}


def simulated(noise, level, trials, datasets=2, looks=(10, 20)):
    """Returns the share of claims with any verdict, effects at `minimal`."""
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(trials):
        drawn = 0.5 + NOISES[noise](rng, (datasets, looks[-1]))

        def measure(names, seeds, label, drawn=drawn):
            return {name: drawn[name, :seeds] for name in names}

        found = conduct(looks, range(datasets), 0.5, level, measure)
        wrong += any(
            one.verdict != U for look in found for one in look.judged.values()
        )
    return wrong / trials


def most(trials):
    """The largest share that an error of 5 % leads to, but for 1 in 1000."""
    return ERROR + 3 * math.sqrt(ERROR * (1 - ERROR) / trials)


@pytest.mark.parametrize("noise", NOISES)
def test_verdicts_without_a_difference_are_seldom(noise):
    assert simulated(noise, LEVEL, 400) <= most(400)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("noise", "datasets"),
    [*((noise, 2) for noise in NOISES), ("normal", 1), ("normal", 3)],
)
def test_they_are_seldom_in_many_trials(noise, datasets):
    level = family_level(datasets, 2)
    assert simulated(noise, level, 4000, datasets) <= most(4000)


def test_without_the_familys_level_they_are_too_many():
    assert simulated("normal", 0.95, 400) > most(400)
