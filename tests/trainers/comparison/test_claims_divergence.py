"""A run that diverged counts as the worst in each claim."""

import json
import math

import pytest

from .made_trials import WORLDS, trials_of

GAINS = (1, 1, 1)
#: The claim with the most runs.
SLOWEST = "layer_norm"
#: The claims that train models.
TRAINED = sorted(set(WORLDS) - {"inference_cost"})
#: Claim -> settings of the runs that its sentence speaks well of. Losing one
#: must not support the sentence. Left out are `inference_cost`, which trains
#: nothing, and `dropout`: without the best rate another one is the best.
FAVORED = {
    "batch_mates": {"norm": "virtual"},
    "between_steps": {"norm": "vertical"},
    "exploding_weights": {"norm": "layer"},
    "independence": {"norm": "batch"},
    "initialization": {"norm": "batch"},
    "layer_norm": {"norm": "layer"},
    "layer_norm_regularizes": {"norm": "layer"},
    "learning_rate": {"norm": "batch"},
    "position": {"norm_position": "before", "norm": "batch"},
    "pre_norm": {"norm": "layer", "norm_position": "before"},
    "raw_inputs": {"input_norm": "batch", "epsilon": 1e-3},
    "recurrent": {"norm": "none"},
    "scale_and_shift": {"scale": True, "center": True},
    "scale_and_shift_speed": {"scale": True, "center": True},
    "small_batches": {"norm": "batch"},
    "smooth_loss": {"norm": "batch", "norm_noise": 0.0},
    "speed": {"norm": "batch"},
    "vanishing_gradients": {"norm": "batch"},
    "virtual_batch_norm": {"norm": "virtual"},
}


def lost(trial):
    """Returns a trial as it is logged if it diverges in its first epoch."""
    result = {
        key: None if isinstance(value, float) else value
        for key, value in trial.result.items()
    }
    result |= {"status": "diverged", "steps": 3, "seconds": 0.1}
    lines = [
        {**dict.fromkeys(line), "split": "train"}
        for line in trial.log("train")[:1]
    ]
    # That of before the training is there.
    return trial._replace(
        result=result, lines=[*lines, *trial.log("probe")[:1]]
    )


def all_numbers(module, trials):
    """Returns the effects; checks that all that is found are numbers."""
    effects = module.judge(trials)
    observed = module.observe(trials)
    for numbers in (effects, *observed.values()):
        assert all(map(math.isfinite, numbers.values()))
    json.dumps(module.curves(trials), allow_nan=False)
    return effects


@pytest.mark.quick(*(name for name in FAVORED if name != SLOWEST))
@pytest.mark.parametrize("name", FAVORED)
def test_a_lost_run_does_not_support_a_claim(name):
    module, trials = trials_of(name, GAINS)
    before = all_numbers(module, trials)
    favored = [
        i
        for i, trial in enumerate(trials)
        if trial.seed == 0
        and all(trial.get(k) == v for k, v in FAVORED[name].items())
    ]
    assert favored
    # The first, the last, and all of them together.
    for places in (favored[:1], favored[-1:], favored):
        some = [lost(t) if i in places else t for i, t in enumerate(trials)]
        effects = all_numbers(module, some)
        assert effects[0] <= before[0] + 1e-9
    assert effects[0] < before[0] or name in NOT_JUDGED_AFTER_TRAINING


#: Its effect is measured before the training.
NOT_JUDGED_AFTER_TRAINING = {"vanishing_gradients"}


@pytest.mark.quick(*(name for name in TRAINED if name != SLOWEST))
@pytest.mark.parametrize("name", TRAINED)
def test_all_runs_may_be_lost(name):
    module, trials = trials_of(name, GAINS)
    effects = all_numbers(module, [lost(trial) for trial in trials])
    assert sorted(effects) == [0, 1, 2]


def test_dropout_of_a_norm_that_always_diverges_is_not_the_least():
    module, trials = trials_of("dropout", GAINS)
    some = [lost(t) if t.get("norm") == "batch" else t for t in trials]
    assert max(all_numbers(module, some).values()) < 0


def test_an_earlier_end_is_not_a_shorter_way():
    """A run that diverged after 3 steps has not come to its target in 6."""
    module, trials = trials_of("speed", GAINS)
    some = [lost(t) if t.get("norm") == "batch" else t for t in trials]
    effects = module.judge(some)
    assert max(effects.values()) == pytest.approx(math.log10(50 / 200))
