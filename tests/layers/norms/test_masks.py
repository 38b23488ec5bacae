"""Masked positions stay out of what norms of one example compute."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers.norms.masks import position_mask

RNG = np.random.default_rng(0)
#: Real steps of each sequence; padding stands behind them.
LENGTHS = (5, 3, 1, 0)
X = RNG.normal(2, 3, size=(4, 5, 6))
MASK = np.arange(5) < np.array(LENGTHS)[:, np.newaxis]
MAKERS = {
    "group": lambda: layers.GroupNormalization(3),
    "group, one": lambda: layers.GroupNormalization(1),
    "instance": lambda: layers.InstanceNormalization(),
    "layer": lambda: layers.LayerNormalization(),
    "rms": lambda: layers.RMSNormalization(),
    "filter_response": lambda: layers.FilterResponseNormalization(),
    "learned epsilon": lambda: layers.FilterResponseNormalization(
        learned_epsilon=True, epsilon=0.1
    ),
}


def made(name):
    layer = MAKERS[name]()
    layer.dtype_policy = keras.DTypePolicy("float64")
    layer.build(X.shape)
    for weight in layer.trainable_weights:
        weight.assign(RNG.normal(1, 0.3, weight.shape))
    return layer


@pytest.mark.quick(
    "group-False",
    "group, one-False",
    "instance-True",
    "layer-True",
    "rms-False",
    "filter_response-False",
    "learned epsilon-False",
)
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", MAKERS)
def test_padding_counts_as_if_it_were_not_there(name, jit_compile):
    layer = made(name)
    weights = [w.value for w in layer.trainable_weights]
    # What norms each position by itself makes NaN of NaN.
    padding = 1e3 if name in ("layer", "rms") else np.nan
    padded = np.where(MASK[..., np.newaxis], X, padding)
    slopes = RNG.normal(size=X.shape)

    @tf.function(jit_compile=jit_compile)
    def run(x, mask):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, mask=mask)
            loss = tf.reduce_sum(tf.where(mask[..., None], y * slopes, 0))
        return y, *tape.gradient(loss, [x, *weights])

    y, d_x, *d_weights = run(tf.constant(padded), tf.constant(MASK))
    sums = [np.zeros(w.shape) for w in weights]
    for i, length in enumerate(LENGTHS):
        if not length:
            continue
        real = tf.constant(X[i : i + 1, :length])
        with tf.GradientTape() as tape:
            tape.watch(real)
            expected = layer(real)
            loss = tf.reduce_sum(expected * slopes[i : i + 1, :length])
        d_real, *mine = tape.gradient(loss, [real, *weights])
        np.testing.assert_allclose(y[i, :length], expected[0], atol=1e-12)
        np.testing.assert_allclose(d_x[i, :length], d_real[0], atol=1e-10)
        np.testing.assert_array_equal(d_x[i, length:], 0)
        sums = [a + b for a, b in zip(sums, mine, strict=True)]
    for found, expected in zip(d_weights, sums, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("name", MAKERS)
def test_keras_hands_masks_through(name):
    inputs = keras.Input((5,), dtype="int32")
    x = keras.layers.Embedding(9, 6, mask_zero=True)(inputs)
    norm = MAKERS[name]()
    outputs = keras.layers.GlobalAveragePooling1D()(norm(x))
    model = keras.Model(inputs, outputs)
    words = np.array([[3, 4, 1, 0, 0], [5, 0, 0, 0, 0], [1, 2, 3, 4, 5]])
    longer = np.pad(words[:1, :3], [(0, 0), (0, 2)])
    np.testing.assert_allclose(
        model(words)[:1], model(longer), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("mask", "shape", "axis", "expected"),
    [
        (None, (2, 5, 3), 2, None),
        (np.ones(2, bool), (2, 3), 1, None),
        (np.ones((2, 5), bool), (2, 5, 3), 2, (2, 5, 1)),
        (np.ones((2, 5), bool), (2, 5, 4, 3), 3, (2, 5, 1, 1)),
        # It would tell channels apart.
        (np.ones((2, 5), bool), (2, 5, 3), 1, None),
    ],
)
def test_masks_are_over_positions(mask, shape, axis, expected):
    found = position_mask(mask, np.zeros(shape), axis)
    assert (None if found is None else tuple(found.shape)) == expected
