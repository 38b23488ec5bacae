"""One optimizer for stacked variables, and the optimizers of its runs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.together.beside import beside
from normzoo.trainers.together.optimizers import (
    ELEMENTWISE,
    StackedOptimizer,
)

SHAPES = ((3, 4), (4,), ())
RUNS = 3


def cosine(rate):
    return keras.optimizers.schedules.CosineDecay(
        0.0, 8, warmup_target=rate, warmup_steps=2
    )


#: Options of each run, as functions of its number. Each has another kind of
#: clipping, as an optimizer has one at most.
OPTIONS = {
    "rates": lambda run: {
        "learning_rate": 10.0 ** -(run + 1),
        "clipnorm": 0.5 + run,
    },
    "schedules": lambda run: {
        "learning_rate": cosine(0.1 * (run + 1)),
        "global_clipnorm": 0.5 + run,
    },
    "decays": lambda run: {
        "weight_decay": 0.1 * run,
        "clipvalue": 0.1 + 0.3 * run,
    },
}
#: Numbers of each run, of the optimizers that have them.
NUMBERS = {
    "sgd": [{"momentum": 0.3 * (run + 1)} for run in range(RUNS)],
    "rmsprop": [
        {"rho": 0.9 - 0.2 * run, "momentum": 0.1 + 0.2 * run, "epsilon": 0.1}
        for run in range(RUNS)
    ],
    "adam": [
        {"beta_1": 0.9 - 0.3 * run, "beta_2": 0.99 - 0.1 * run}
        for run in range(RUNS)
    ],
    "adamax": [{"beta_1": 0.9 - 0.3 * run} for run in range(RUNS)],
    "nadam": [{"beta_2": 0.99 - 0.1 * run} for run in range(RUNS)],
    "lion": [{"beta_1": 0.9 - 0.3 * run} for run in range(RUNS)],
    "adadelta": [{"rho": 0.9 - 0.2 * run} for run in range(RUNS)],
}
NAMES = [cls.__name__.lower() for cls in ELEMENTWISE]
CASES = [(name, option) for name in NAMES for option in OPTIONS]
CASES += [(name, "numbers") for name in NUMBERS]
#: Nadam counts its steps for all runs.
CASES += [(n, f"scaled {o}") for n in NAMES if n != "nadam" for o in OPTIONS]


def make(name, option):
    """Returns an optimizer for each run."""
    cls = {each.__name__.lower(): each for each in ELEMENTWISE}[name]
    if option.startswith("scaled"):
        return [
            keras.optimizers.LossScaleOptimizer(
                optimizer, initial_scale=4.0 * 2**run, dynamic_growth_steps=2
            )
            for run, optimizer in enumerate(make(name, option.split()[1]))
        ]
    if option == "numbers":
        return [cls(0.01, **NUMBERS[name][run]) for run in range(RUNS)]
    return [
        cls(**{"learning_rate": 0.01, **OPTIONS[option](run)})
        for run in range(RUNS)
    ]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.quick(
    "adam-rates",
    "sgd-schedules",
    "adam-decays",
    "sgd-numbers",
    "adam-scaled schedules",
    "adamw-scaled decays",
)
@pytest.mark.parametrize(("name", "option"), CASES)
def test_each_run_is_updated_as_by_its_own_optimizer(name, option, rng):
    begin = [rng.normal(size=(RUNS, *shape)) for shape in SHAPES]
    stack = [keras.Variable(value, dtype="float64") for value in begin]
    stacked = StackedOptimizer(make(name, option), stack)
    own = [
        [keras.Variable(value[run], dtype="float64") for value in begin]
        for run in range(RUNS)
    ]
    alone = make(name, option)
    for optimizer, weights in zip(alone, own, strict=True):
        optimizer.build(weights)
    for step in range(5):
        gradients = [rng.normal(size=(RUNS, *shape)) for shape in SHAPES]
        if option.startswith("scaled"):
            # One run takes no step, and then another one.
            gradients[1][step % RUNS] = np.inf if step else 1.0
        clipped, finite = zip(
            *(ready(stacked, gradients, run) for run in range(RUNS)),
            strict=True,
        )
        stacked.apply(
            [keras.ops.stack(each) for each in zip(*clipped, strict=True)],
            tf.stack(finite),
        )
        for run, optimizer in enumerate(alone):
            optimizer.apply([g[run] for g in gradients], own[run])
    for run, weights in enumerate(own):
        for stack_of_runs, weight in zip(stack, weights, strict=True):
            # Keras keeps rates and decays as float32, in another order.
            np.testing.assert_allclose(
                stack_of_runs.numpy()[run], weight.numpy(), 1e-6, 1e-7
            )
    for run, optimizer in enumerate(alone):
        own = optimizer.variables
        for ours, theirs in zip(stacked.variables, own, strict=True):
            value = ours.numpy()
            if ours.shape != theirs.shape:
                value = value[run]
            np.testing.assert_allclose(value, theirs.numpy(), 1e-6, 1e-7)


def ready(stacked, gradients, run):
    """Returns what the gradients of a run are for its step, as in `OneRun`."""
    mine = [keras.ops.convert_to_tensor(g[run]) for g in gradients]
    scales = stacked.loss_scales
    mine, finite = scales.unscaled(mine, scales.scales[run])
    return stacked.clip(mine, stacked.limits[run]), finite


@pytest.mark.parametrize("option", ["schedules", "decays", "scaled decays"])
def test_it_lends_its_options(option):
    wanted = make("adam", option)
    stack = [keras.Variable(np.zeros((RUNS, 2), np.float32))]
    stacked = StackedOptimizer(make("adam", option), stack)
    lent = make("adam", option)[0]
    for run in (1, 2, 0):
        stacked.lend(run, lent)
        assert options_of(lent) == options_of(wanted[run])


def options_of(optimizer):
    """Returns the config without names, which count the optimizers made."""
    config = optimizer.get_config()
    if "inner_optimizer" in config:
        config["inner_optimizer"] = options_of(optimizer.inner_optimizer)
    return {key: value for key, value in config.items() if key != "name"}


def test_values_stand_beside_a_stack():
    variable = keras.Variable(np.ones((RUNS, 2, 2)))
    assert beside([1.0, 2.0, 3.0], variable).shape == (RUNS, 1, 1)
