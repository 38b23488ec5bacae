"""The effect of a seed: of its own runs, and never better for a lost one."""

import json
import math
import random

import pytest

from normzoo.configs import claims
from normzoo.trainers.comparison.trials import Trial

from ..made_trials import WORLDS, trials_of
from ..test_claims_divergence import FAVORED, SLOWEST, lost


def noisy(trials, seed=0):
    """Returns the trials with all that was measured shaken."""
    rng = random.Random(seed)
    return [_shaken(trial, rng) for trial in trials]


def _shaken(trial, rng):
    # The chosen run is the best tested one, too: with other test figures
    # than validation figures a choice may be lucky.
    accuracy = rng.uniform(0.2, 0.95)
    result = _times(trial.result, rng)
    result |= {
        f"{split}_accuracy": accuracy for split in ("validation", "test")
    }
    lines = [_times(line, rng) for line in trial.lines]
    if any("accuracy" in line for line in trial.log("validation")):
        kept = [line for line in lines if line["split"] != "validation"]
        lines = [*kept, *_course(accuracy, rng)]
    return trial._replace(result=result, lines=lines)


def _course(accuracy, rng):
    """Returns validation lines of a run that ends at an accuracy."""
    shares = [*sorted(rng.uniform(0.3, 1) for _ in range(9)), 1]
    return [
        {"split": "validation", "step": 10 * i, "accuracy": accuracy * share}
        for i, share in enumerate(shares, start=1)
    ]


def _times(numbers, rng):
    return {
        key: value * rng.uniform(0.5, 1.5)
        if isinstance(value, float)
        else value
        for key, value in numbers.items()
    }


each_claim = pytest.mark.parametrize("name", sorted(WORLDS))
but_the_slowest = pytest.mark.quick(*(n for n in WORLDS if n != SLOWEST))


@but_the_slowest
@each_claim
def test_an_effect_is_that_of_the_seeds_own_runs(name):
    module, trials = trials_of(name, (1, -1, 1))
    trials = noisy(trials)
    effects = module.judge(trials)
    for seed in (0, 1, 2):
        alone = module.judge(claims.select(trials, seed=seed))
        assert alone == pytest.approx({seed: effects[seed]}, abs=1e-12)


@pytest.mark.quick(*(name for name in FAVORED if name != SLOWEST))
@pytest.mark.parametrize("name", FAVORED)
def test_no_lost_run_raises_the_effect_of_its_side(name):
    module, trials = trials_of(name, (1,))
    for noise in range(20):
        some = noisy(trials, noise)
        before = module.judge(some)[0]
        for place in favored(name, some):
            after = [*some]
            after[place] = lost(some[place])
            assert module.judge(after)[0] <= before + 1e-9


def favored(name, trials):
    """Returns the places of the runs that the sentence speaks well of."""
    return [
        place
        for place, trial in enumerate(trials)
        if all(trial.get(k) == v for k, v in FAVORED[name].items())
        # Batches of 32 are what the small ones are compared with.
        and not (name == "small_batches" and trial.get("batch_size") >= 32)
    ]


@but_the_slowest
@each_claim
def test_what_was_chosen(name):
    module, trials = trials_of(name, (1, -1))
    if not hasattr(module, "chosen"):
        return
    rows = module.chosen(noisy(trials))
    json.dumps(rows, allow_nan=False)
    labels = [(row["label"], row["setting"]) for row in rows]
    assert len(set(labels)) == len(labels)
    for row in rows:
        assert set(row["values"]) == {"0", "1"}
        assert set(row["values"].values()) <= set(row["offered"])


def trial(seed, accuracy, steps=(), test=0.0, loss=1.0, **settings):
    result = {
        "status": "finished",
        "steps": 100,
        "validation_accuracy": accuracy,
        "validation_loss": loss,
        "test_accuracy": test,
    }
    lines = [
        {"split": "validation", "step": step, "accuracy": value}
        for step, value in steps
    ]
    return Trial({"seed": seed, **settings}, result, lines)


def picked(trials, *names):
    return [(t.seed, *map(t.get, names)) for t in trials]


def test_each_seed_chooses():
    trials = [
        trial(0, 0.9, rate=1, test=0.1),
        trial(0, 0.8, rate=2, test=0.9),
        trial(1, 0.7, rate=1),
        trial(1, 0.8, rate=2),
        # By the means over both seeds it would be 1.
        trial(2, 0.1, rate=1, loss=2.0),
        trial(2, 0.1, rate=2, loss=1.5),
    ]
    found = claims.tuned(trials, "rate")
    assert picked(found, "rate") == [(0, 1), (1, 2), (2, 2)]


def test_of_runs_that_share_the_value_the_mean_counts():
    trials = [
        trial(0, accuracy, rate=rate, scale=scale)
        for rate, scale, accuracy in [
            (1, 1, 0.9),
            (1, 2, 0.1),
            (2, 1, 0.6),
            (2, 2, 0.6),
        ]
    ]
    found = claims.tuned(trials, "rate")
    assert picked(found, "rate", "scale") == [(0, 2, 1), (0, 2, 2)]


def test_targets_are_those_of_the_seed():
    trials = [
        trial(0, 1.0, rate=1, steps=[(1, 0.5), (2, 0.96)]),
        trial(0, 0.89, rate=2, steps=[(1, 0.2), (2, 0.94)]),
        trial(1, 0.5, rate=1, steps=[(1, 0.49), (2, 0.5)]),
        trial(1, 0.46, rate=2, steps=[(3, 0.47), (4, 0.48)]),
    ]
    has_learned = claims.trains(trials)
    assert list(map(has_learned, trials)) == [True, False, True, True]
    steps = claims.steps_to_target(trials)
    assert list(map(steps, trials)) == [2, 200, 1, 4]


def test_a_target_is_set_by_what_is_compared_with():
    trials = [
        trial(0, 0.5, norm="none", learning_rate=1, steps=[(3, 0.5)]),
        trial(0, 1.0, norm="batch", learning_rate=1, steps=[(1, 0.48)]),
        trial(0, 0.9, norm="batch", learning_rate=2, steps=[(2, 0.9)]),
    ]
    steps = claims.steps_to_target(trials, trials[:1])
    assert list(map(steps, trials)) == [3, 1, 2]
    best = claims.fastest(trials, "batch", steps)
    assert picked(best, "learning_rate") == [(0, 1)]
    assert picked(claims.fastest(trials, "batch"), "learning_rate") == [(0, 1)]


def test_a_diverged_run_has_learned_nothing_whatever_the_target():
    alone = [lost(trial(0, 0.9)), trial(0, 0.1)]
    assert not claims.trains(alone[:1])(alone[0])
    assert claims.trains(alone[:1])(alone[1])
    steps = claims.steps_to_target(alone, alone[:1])
    assert steps(alone[0]) == 200
    assert math.isfinite(steps(alone[1]))
