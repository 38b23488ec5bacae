"""A step of stacked runs is a step of each run."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers, zoo

from . import stacked_steps

RUNS = 2
BATCH = 6


@pytest.fixture(autouse=True)
def double(request):
    """Makes the models in double precision."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


def compiled(model, **kwargs):
    arguments = {
        "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "metrics": ["accuracy"],
    }
    model.compile("adam", **{**arguments, **kwargs})
    return model


def with_logits(model, **kwargs):
    """Compiles a model of the zoo with logits that are double, too."""
    x = model.layers[-2].output
    logits = keras.layers.Dense(3, name="logits")(x)
    return compiled(keras.Model(model.input, logits), **kwargs)


def mlp(seed, **kwargs):
    return with_logits(zoo.mlp((4, 4, 2), 3, width=16, seed=seed, **kwargs))


def cnn(seed, **kwargs):
    small = {"width": 8, "dense_units": 16, "depth": 1}
    model = zoo.cnn((4, 4, 2), 3, seed=seed, **{**small, **kwargs})
    return with_logits(model)


def of_layers(seed, make, shape=(4, 4, 2)):
    """A model of some layers and Dense logits."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(shape)
    x = inputs
    for layer in make():
        x = layer(x)
    x = keras.layers.Flatten()(x)
    return compiled(keras.Model(inputs, keras.layers.Dense(3)(x)))


#: Name -> layers that a model is made of.
LAYERS = {
    f"conv-{dimensions}d-{padding}-{stride}-{dilation}": (
        lambda cls=cls, p=padding, s=stride, d=dilation: [
            cls(4, 3, strides=s, padding=p, dilation_rate=d, activation="relu"),
            cls(2, 2, use_bias=False),
        ],
        (*[8] * dimensions, 2),
    )
    for dimensions, cls in enumerate(
        [keras.layers.Conv1D, keras.layers.Conv2D], 1
    )
    for padding in ("same", "valid", *["causal"] * (dimensions == 1))
    for stride, dilation in [(1, 1), (2, 1), (1, 2)]
}


def batches(shape=(4, 4, 2), classes=3, seed=0):
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(BATCH, *shape)), rng.integers(0, classes, BATCH))
        for _ in range(RUNS)
    ]


def check(make, batches, jit_compile=False, tolerance=1e-10):
    models = [make(seed) for seed in range(RUNS)]
    stacked_steps.spread(models)
    for model, batch in zip(models, batches, strict=True):
        stacked_steps.build(model, batch)
    together = stacked_steps.stacked(models, batches, jit_compile)
    for i, (model, batch) in enumerate(zip(models, batches, strict=True)):
        expected = stacked_steps.alone(model, batch)
        got = tf.nest.map_structure(lambda value, i=i: value[i], together)
        tf.nest.map_structure(
            functools.partial(
                np.testing.assert_allclose, rtol=tolerance, atol=tolerance
            ),
            got,
            expected,
        )


@pytest.mark.parametrize("norm", layers.NORMS)
@pytest.mark.parametrize("make", [mlp, cnn])
def test_norms(make, norm):
    if (make, norm) == (mlp, "instance"):
        pytest.skip("instance norm needs positions")
    check(functools.partial(make, norm=norm), batches())


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name):
    layers, shape = LAYERS[name]
    make = functools.partial(of_layers, make=layers, shape=shape)
    check(make, batches(shape))
