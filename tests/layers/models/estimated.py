"""Models whose statistics are estimated, and what they should be."""

import keras
import numpy as np
import pytest
from keras import layers

from normzoo.layers import BatchNormalization

BN = layers.BatchNormalization


BOTH = pytest.mark.parametrize("norm", [BN, BatchNormalization])


def draw(*shape, mean=3.0, deviation=2.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(mean, deviation, shape).astype("float32")


def chain(shape, *parts, **kwargs):
    return keras.Sequential([keras.Input(shape, **kwargs), *parts])


def population(x, axis=-1):
    """Mean and biased variance of each channel, in float64."""
    x = np.moveaxis(np.asarray(x, "float64"), axis, -1)
    x = x.reshape(-1, x.shape[-1])
    return x.mean(0), x.var(0)


def check(norm, mean, variance, rtol=2e-6):
    scale = np.sqrt(np.max(variance)) + 1e-6 * np.abs(mean).max()
    np.testing.assert_allclose(
        norm.moving_mean.numpy(), mean, rtol=1e-6, atol=rtol * scale
    )
    np.testing.assert_allclose(
        norm.moving_variance.numpy(), variance, rtol=10 * rtol, atol=1e-9
    )


def check_exact(model, x, norms=None):
    """Every norm has the moments of its own input in inference."""
    for layer in norms or model.layers:
        if isinstance(layer, BN):
            inner = keras.Model(model.inputs[0], layer.input)
            check(layer, *population(inner(x), layer.axis))
