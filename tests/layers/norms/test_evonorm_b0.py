"""EvoNorm B0 against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers.norms.bias import cancels_bias

SHAPES = [(6, 4), (6, 5, 4), (3, 5, 2, 4)]


def evonorm_b0(x, gamma, beta, v, epsilon, variance=None):
    """Channels last; the batch's variance, unless another one is given."""
    if variance is None:
        variance = x.reshape(-1, x.shape[-1]).var(0)
    positions = tuple(range(1, x.ndim - 1))
    own = x.var(positions, keepdims=True) if positions else 0 * x
    batch, own = np.sqrt(variance + epsilon), np.sqrt(own + epsilon)
    return x / np.maximum(batch, v * x + own) * gamma + beta


def make(shape, seed=0, **kwargs):
    """Returns a float64 layer with random weights, the weights, and inputs."""
    rng = np.random.default_rng(seed)
    layer = layers.EvoNormB0(dtype="float64", **kwargs)
    layer.build(shape)
    weights = [rng.uniform(0.5, 1.5, w.shape) for w in layer.weights]
    layer.set_weights(weights)
    return layer, layer.get_weights(), rng.normal(1, 2, shape)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_forward_equals_numpy(shape, training):
    layer, (*weights, _, moving), x = make(shape)
    y = layer(x, training=training)
    variance = None if training else moving
    expected = evonorm_b0(x, *_in_order(layer, weights), 1e-5, variance)
    np.testing.assert_allclose(y, expected, atol=1e-12)
    if training:
        flat = x.reshape(-1, x.shape[-1])
        new = 0.9 * moving + 0.1 * flat.var(0)
        np.testing.assert_allclose(layer.moving_variance, new)


def _in_order(layer, values):
    by_name = {
        w.name: value
        for w, value in zip(layer.trainable_weights, values, strict=True)
    }
    return [by_name[name] for name in ("gamma", "beta", "v")]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradients_equal_finite_differences(jit_compile):
    layer, (*weights, _, _), x = make((3, 5, 4))
    values = [x, *_in_order(layer, weights)]
    rng = np.random.default_rng(1)
    dy = rng.normal(size=x.shape)

    @tf.function(jit_compile=jit_compile)
    def gradients(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
        sources = [x, layer.gamma.value, layer.beta.value, layer.v.value]
        return tape.gradient(y, sources, dy)

    for i, gradient in enumerate(gradients(tf.constant(x))):
        direction = rng.normal(size=values[i].shape)
        ahead, behind = (
            np.sum(
                dy
                * evonorm_b0(
                    *(
                        v + sign * 1e-6 * direction if j == i else v
                        for j, v in enumerate(values)
                    ),
                    1e-5,
                )
            )
            for sign in (1, -1)
        )
        np.testing.assert_allclose(
            np.sum(gradient * direction), (ahead - behind) / 2e-6, rtol=1e-6
        )


def test_second_gradient():
    layer, _, x = make((3, 5, 4))
    direction = np.random.default_rng(1).normal(size=x.shape)

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(layer(x, training=True) ** 3)
        return tape.gradient(y, x)

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        inner = gradient(x)
    actual = tape.gradient(inner, x, direction)
    ahead, behind = (gradient(x + s * 1e-6 * direction) for s in (1, -1))
    np.testing.assert_allclose(actual, (ahead - behind) / 2e-6, 1e-4, 1e-6)


def test_frozen_it_uses_the_moving_variance():
    layer, _, x = make((6, 5, 4))
    layer.trainable = False
    before = layer.get_weights()
    expected = layer(x, training=False)
    np.testing.assert_array_equal(layer(x, training=True), expected)
    for weight, value in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_it_subtracts_no_bias():
    layer, _, x = make((6, 5, 4))
    assert not cancels_bias(layer)
    shifted = layer(x + 1.0, training=True)
    assert np.abs(shifted - layer(x, training=True)).max() > 0.01


@pytest.mark.parametrize(
    ("name", "value"), [("renorm", True), ("virtual_batch_size", 4)]
)
def test_what_it_cannot_do_is_refused(name, value):
    with pytest.raises(ValueError, match=f"no option {name}.*{name}={value}"):
        layers.EvoNormB0(**{name: value})


@pytest.mark.parametrize("layerwise", [True, False])
def test_its_statistics_are_those_of_a_data_set(layerwise):
    x = np.random.default_rng(0).normal(1, 2, (64, 5, 4)).astype("float32")
    norms = [layers.EvoNormB0(name="first"), layers.EvoNormB0(name="second")]
    model = keras.Sequential([keras.Input((5, 4)), *norms])
    layers.reestimate_statistics(
        model, x, layerwise=layerwise, batch_size=64, verbose=0
    )
    flat = x.reshape(-1, 4)
    np.testing.assert_allclose(norms[0].moving_variance, flat.var(0), rtol=1e-5)
    # One batch is all of the data, so both ways the second sees the same.
    inner = evonorm_b0(x, 1, 0, 1, 1e-5).reshape(-1, 4)
    np.testing.assert_allclose(
        norms[1].moving_variance, inner.var(0), rtol=1e-4
    )


def test_no_neighbor_absorbs_it():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3),
            layers.EvoNormB0(name="norm"),
            keras.layers.Conv2D(4, 3),
        ]
    )
    result = layers.fold_batch_norm(model)
    assert not result.folded
    assert "norm" in result.left


def test_it_keeps_its_own_epsilon_in_place_of_batch_norm():
    model = keras.Sequential(
        [keras.Input((5, 4)), layers.BatchNormalization(epsilon=0.5)]
    )
    new = layers.replace_norms(model, "evonorm_b0").model
    assert (new.layers[-1].epsilon, new.layers[-1].momentum) == (1e-5, 0.9)
    back = layers.replace_norms(new, "batch").model
    assert back.layers[-1].epsilon == 1e-3
    other = layers.EvoNormB0(epsilon=0.1)
    model = keras.Sequential([keras.Input((5, 4)), other])
    again = layers.replace_norms(model, "evonorm_b0").model
    assert again.layers[-1].epsilon == 0.1
