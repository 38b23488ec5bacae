"""After fifty steps in float64 a run of a stack has the weights it has alone.

Each norm and each optimizer is here, in pairs, since neither sees the other: an
optimizer sees gradients.
"""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers import NORMS, ReferenceModel
from normzoo.trainers.data.examples import Examples
from normzoo.trainers.run.state import build_state
from normzoo.trainers.together.feed import Feed
from normzoo.trainers.together.optimizers import ELEMENTWISE
from normzoo.trainers.together.stacked import Stacked
from normzoo.trainers.together.state import StackedState, values_of

RUNS, EPOCHS, BATCH = 2, 10, 8  # 5 steps each
# Of a single position instance norm makes 0 and filter response norm a sign,
# whose gradients are little more than rounding.
SHAPE = (4, 6)
OPTIMIZERS = {cls.__name__.lower(): cls for cls in ELEMENTWISE}
#: Norm -> optimizer, of those that do not have Adam.
PAIRS = {
    "none": "lion",
    "layer": "sgd",
    "group": "rmsprop",
    "rms": "adagrad",
    "pixel": "adadelta",
    "scale": "adamw",
    "dynamic_tanh": "adamax",
    "dynamic_erf": "nadam",
    "evonorm_s0": "ftrl",
}
CASES = [(norm, PAIRS.get(norm, "adam"), True) for norm in NORMS]
# Where runs are called one by one a norm is what it is alone.
CASES += [("batch", "adam", False), ("virtual", "sgd", False)]


@pytest.fixture(autouse=True)
def _float64():
    policy = keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy(policy)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)

    def split(size):
        inputs = rng.normal(size=(size, *SHAPE))
        return Examples(inputs, rng.integers(3, size=size))

    return types.SimpleNamespace(
        train=split(5 * BATCH), validation=split(7), test=split(7)
    )


def optimizer(name, run):
    return OPTIMIZERS[name](0.01 / (run + 1))


def new_model(norm, name, run, data):
    keras.utils.set_random_seed(run)
    # The zoo's logits are float32.
    model = keras.Sequential([keras.Input(SHAPE)])
    # A bias in front of a norm has gradients of rounding alone, which Lion
    # takes the sign of.
    model.add(keras.layers.Dense(8, use_bias=norm == "none"))
    model.add(layers.get(norm)())
    model.add(keras.layers.ReLU())
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(3))
    if norm == "virtual":
        model = ReferenceModel(model, data.train.inputs[:BATCH])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer(name, run), loss, jit_compile=False)
    specs = (
        tf.TensorSpec((BATCH, *SHAPE), tf.float64),
        tf.TensorSpec(BATCH, tf.int64),
    )
    build_state(model, specs)
    return model


def variables_of(model):
    return [*model.variables, *model.optimizer.variables]


def trained_alone(models, feed):
    """Returns the weights of each run, trained by Keras.

    The first model takes all runs' places, and its own at the end: to trace a
    step takes longer than all of its steps.
    """
    one, trained = models[0], []
    step = tf.function(lambda x, y: one.train_step((x, y)), autograph=False)
    beginnings = [[v.numpy() for v in variables_of(each)] for each in models]
    for run, values in enumerate(beginnings):
        assign(one, values)
        for epoch in range(EPOCHS):
            orders = feed.orders(epoch)
            for i in range(feed.steps):
                inputs, labels = feed.batch("train", orders[:, i])
                step(inputs[run], labels[run])
        trained.append([w.numpy() for w in one.weights])
    assign(one, beginnings[0])
    return trained


def assign(model, values):
    for variable, value in zip(variables_of(model), values, strict=True):
        variable.assign(value)


def test_each_optimizer_is_there():
    assert {name for _, name, _ in CASES} == OPTIMIZERS.keys()


@pytest.mark.slow
@pytest.mark.parametrize(("norm", "name", "jit_compile"), CASES)
def test_a_run_of_a_stack_has_the_weights_it_has_alone(
    norm, name, jit_compile, data
):
    models = [new_model(norm, name, run, data) for run in range(RUNS)]
    feed = Feed([data] * RUNS, range(RUNS), BATCH, BATCH)
    alone = trained_alone(models, feed)
    state = StackedState(
        models[0],
        [optimizer(name, run) for run in range(RUNS)],
        list(map(np.stack, zip(*map(values_of, models), strict=True))),
        [[]] * RUNS,
    )
    program = Stacked(models[0], state, feed, feed.steps, jit_compile)
    for epoch in range(EPOCHS):
        program.train(program.orders(epoch), 0, feed.steps, np.ones(RUNS, bool))
    for run, weights in enumerate(alone):
        with program.holding(run) as held:
            for one, another in zip(held.weights, weights, strict=True):
                largest = np.abs(another).max()
                np.testing.assert_allclose(one, another, 0, 1e-9 * largest)
