"""The gradient by hand against autodiff, which other activations get."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers import recurrent_call, standard_scores

MASK = np.array(
    [[1, 1, 1, 1, 0], [0, 0, 1, 1, 1], [1, 0, 1, 0, 1], [0, 0, 0, 0, 0]], bool
)


@pytest.fixture(autouse=True)
def _as_under_xla(monkeypatch):
    """Takes the gradient by hand, which is taken under XLA, everywhere."""
    monkeypatch.setattr(recurrent_call, "under_xla", lambda: True)
    monkeypatch.setattr(standard_scores, "under_xla", lambda: True)


def results(layer, mask, jit):
    """Returns outputs, gradients and weights after a step."""
    layer.build((4, 5, 3))
    rng = np.random.default_rng(0)
    for weight in layer.trainable_weights:
        weight.assign(rng.normal(0.5, 0.5, weight.shape))
    shapes = [(4, 5, 3), (4, 6), (4, 6)]
    sources = [tf.constant(rng.normal(size=s), layer.dtype) for s in shapes]

    def step(x, *states):
        with tf.GradientTape() as tape:
            tape.watch([x, *states])
            y = layer(x, initial_state=list(states), mask=mask, training=True)
            loss = sum(tf.reduce_sum(tf.sin(3 * value)) for value in y)
        weights = [weight.value for weight in layer.trainable_weights]
        return [*y, *tape.gradient(loss, [x, *states, *weights])]

    run = tf.function(step, jit_compile=jit, autograph=False)
    return [*run(*sources), *layer.get_weights()]


@pytest.mark.parametrize("layer", [layers.BatchNormLSTM, layers.LayerNormLSTM])
@pytest.mark.parametrize("mask", [None, MASK], ids=["", "mask"])
@pytest.mark.parametrize(
    ("dtype", "jit", "unroll"),
    [
        ("float64", False, False),
        ("float64", False, True),
        ("float32", True, False),
    ],
)
def test_equals_autodiff(layer, mask, dtype, jit, unroll):
    kwargs = {"return_sequences": True, "return_state": True}
    kwargs |= {"dtype": dtype, "unroll": unroll}
    ours = results(layer(6, **kwargs), mask, jit)
    theirs = results(layer(6, activation=tf.tanh, **kwargs), mask, jit)
    tolerance = {"float64": 1e-12, "float32": 1e-4}[dtype]
    for a, b in zip(ours, theirs, strict=True):
        scale = max(1, np.abs(b).max())
        np.testing.assert_allclose(a / scale, b / scale, 0, tolerance)


@pytest.mark.parametrize("layer", [layers.BatchNormLSTM, layers.LayerNormLSTM])
def test_second_derivatives_equal_autodiff(layer):
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(4, 5, 3)))
    penalties = []
    for kwargs in ({}, {"activation": tf.tanh}):
        keras.utils.set_random_seed(0)
        instance = layer(6, dtype="float64", **kwargs)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(instance(x, training=True) ** 2)
            penalty = tf.reduce_sum(inner.gradient(y, x) ** 2)
        penalties.append(outer.gradient(penalty, x))
    np.testing.assert_allclose(*penalties, 1e-9, 1e-12)
