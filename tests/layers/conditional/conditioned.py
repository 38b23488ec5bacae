"""Conditional norms to test, their inputs and conditions."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers

CLASSES, FEATURES = 5, 3
RNG = np.random.default_rng(0)
SHAPE = (4, 6, 6, 8)
X = RNG.normal(2, 3, SHAPE).astype("float32")

#: Name -> how to make the source, and a condition for it.
SOURCES = {
    "class": (
        functools.partial(layers.ClassCondition, CLASSES),
        np.array([3, 0, 4, 3], "int32"),
    ),
    "vector": (
        layers.VectorCondition,
        RNG.normal(size=(4, FEATURES)).astype("float32"),
    ),
    "spatial": (
        functools.partial(layers.SpatialCondition, hidden=4),
        RNG.normal(size=(4, 3, 2, FEATURES)).astype("float32"),
    ),
}

#: All that have no threshold behind their scale and shift.
ARGUMENTS = {"filter_response": {"threshold": False}}
each_source = pytest.mark.parametrize("source", SOURCES)
each_norm = pytest.mark.parametrize("norm", layers.NORMS)


def make(norm, source, dtype=None, name=None):
    """Returns a layer and a condition."""
    factory, condition = SOURCES[source]
    plain = layers.get(norm, **ARGUMENTS.get(norm, {}), dtype=dtype)()
    conditions = factory(dtype=dtype)
    layer = layers.Conditional(plain, conditions, dtype=dtype, name=name)
    return layer, condition


def perturbed(layer, condition, shape=SHAPE):
    """Builds a layer and gives all its weights values of their own."""
    layer.build(shape, condition.shape)
    layer.built = True
    rng = np.random.default_rng(2)
    layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    return layer


def step(layer, x, dy, condition, training=True):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, condition=condition, training=training)
    weights = [weight.value for weight in layer.trainable_weights]
    gradients = tape.gradient(y, [x, *weights], tf.cast(dy, y.dtype))
    return [y, *gradients, *(tf.identity(w) for w in layer.weights)]
