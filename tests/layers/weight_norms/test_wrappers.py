"""What norms of kernels promise, whatever their formula."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers.weight_norms.kernels import kernels_of

L = keras.layers
NORMS = [name for name in layers.WEIGHT_NORMS if name != "none"]

#: Makes a layer; the inputs' shape; how many kernels it has.
WRAPPED = {
    "dense": (lambda: L.Dense(4), (2, 6), 1),
    "conv": (lambda: L.Conv2D(4, 3, groups=2), (2, 5, 5, 6), 1),
    "transposed": (lambda: L.Conv2DTranspose(4, 3), (2, 5, 5, 6), 1),
    "separable": (lambda: L.SeparableConv2D(4, 3), (2, 5, 5, 6), 2),
    "separable1d": (lambda: L.SeparableConv1D(4, 3), (2, 5, 6), 2),
    "lstm": (lambda: L.LSTM(4, return_sequences=True), (2, 3, 5), 2),
    "batch-lstm": (
        lambda: layers.BatchNormLSTM(4, max_timesteps=3),
        (2, 3, 5),
        2,
    ),
    "layer-gru": (lambda: layers.LayerNormGRU(4), (2, 3, 5), 2),
    "ind-rnn": (lambda: layers.BatchNormIndRNN(4), (2, 3, 5), 1),
    "bidirectional": (lambda: L.Bidirectional(L.GRU(4)), (2, 3, 5), 4),
    "time": (lambda: L.TimeDistributed(L.Dense(4)), (2, 3, 5), 1),
    "cells": (
        lambda: L.RNN([L.LSTMCell(3), L.SimpleRNNCell(4)]),
        (2, 3, 5),
        4,
    ),
}

each_norm = pytest.mark.parametrize("norm", NORMS)


def inputs(shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


ALL = [("conv", norm) for norm in NORMS]
#: Kernels are found alike for all norms, so the other layers take turns; each
#: norm is in a recurrent one.
TURNS = [
    (layer, NORMS[i % len(NORMS)])
    for i, layer in enumerate(WRAPPED)
    if layer != "conv"
]


@pytest.mark.quick(*(f"conv-{norm}" for norm in NORMS))
@pytest.mark.parametrize(
    ("layer", "norm"),
    [pytest.param(*pair, id="-".join(pair)) for pair in ALL + TURNS],
)
def test_a_wrapped_layer_trains_and_is_saved(norm, layer, tmp_path):
    make, shape, kernels = WRAPPED[layer]
    wrapped = layers.get_weight_norm(norm)(make())
    model = keras.Sequential(
        [keras.Input(shape[1:]), wrapped, L.Flatten(), L.Dense(1)]
    )
    assert len(wrapped.normalized_kernels()) == kernels
    model.compile("adam", "mse")
    before = [w.numpy() for w in wrapped.trainable_weights]
    x = inputs(shape)
    model.fit(x, np.ones((2, 1)), verbose=0)
    for old, new in zip(before, wrapped.trainable_weights, strict=True):
        assert not np.array_equal(old, new), new.path
    # No tensor of a graph is left where a variable belongs.
    for kernel in kernels_of(wrapped.layer):
        value = getattr(kernel.holder, kernel.public)
        assert isinstance(value, keras.Variable)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))


@each_norm
def test_the_layer_inside_gets_masks_training_and_states(norm):
    def make(dropout):
        lstm = L.LSTM(4, dropout=dropout, return_state=True, seed=1)
        return layers.get_weight_norm(norm)(lstm)

    x, layer = inputs((2, 3, 5)), make(0.5)
    assert not np.allclose(layer(x, training=True)[0], layer(x)[0])
    layer = make(0.0)
    mask = np.array([[True, True, False]] * 2)
    short, h, c = layer(x[:, :2])
    np.testing.assert_allclose(layer(x, mask=mask)[0], short, 1e-6)
    masked = L.Masking()(np.where(mask[..., None], x, 0))
    np.testing.assert_allclose(layer(masked)[0], short, 1e-6)
    last = layer(x[:, 2:], initial_state=[h, c])[0]
    np.testing.assert_allclose(last, layer(x)[0], 1e-5)


def test_the_vector_is_remembered_in_training_alone():
    layer = layers.SpectralNormalization(L.Dense(4))
    x = inputs((2, 6))
    layer(x)
    start = layer.kernel_u.numpy()
    layer(x, training=False)
    np.testing.assert_array_equal(layer.kernel_u, start)
    layer.trainable = False
    layer(x, training=True)
    np.testing.assert_array_equal(layer.kernel_u, start)
    layer.trainable = True
    layer(x, training=True)
    assert not np.allclose(layer.kernel_u, start)


@each_norm
def test_the_arithmetic_is_float32_in_mixed_precision(norm):
    layer = layers.get_weight_norm(norm)(L.Dense(4, dtype="mixed_float16"))
    x = inputs((2, 6))
    assert layer(x, training=True).dtype == tf.float16
    assert layer.normalized_kernels()["kernel"].dtype == tf.float32
    assert {w.dtype for w in layer.weights} == {"float32"}


@each_norm
def test_equal_kernels_give_equal_layers(norm):
    x, outputs = inputs((2, 6)), []
    for _ in range(2):
        dense = L.Dense(4, kernel_initializer=keras.initializers.Ones())
        outputs.append(layers.get_weight_norm(norm)(dense)(x, training=True))
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: L.ReLU(), "no kernel that a weight norm knows"),
        (lambda: L.BatchNormalization(), "no kernel"),
        (
            lambda: layers.SpectralNormalization(L.Dense(2)),
            "has a weight norm, SpectralNormalization",
        ),
        (lambda: 3, "valid Keras layer"),
    ],
)
@each_norm
def test_what_has_no_kernel_is_refused(norm, make, message):
    with pytest.raises(ValueError, match=message):
        layers.get_weight_norm(norm)(make())


@each_norm
def test_kernels_that_are_computed_are_refused(norm):
    layer = layers.get_weight_norm(norm)(L.Dense(4, lora_rank=1))
    with pytest.raises(ValueError, match="LoRA"):
        layer.build((None, 3))


@pytest.mark.parametrize("norm", ["standardization", "scaled_standardization"])
def test_a_single_weight_cannot_be_standardized(norm):
    layer = layers.get_weight_norm(norm)(L.Dense(4))
    with pytest.raises(ValueError, match="one weight for each unit"):
        layer.build((None, 1))


@pytest.mark.parametrize(
    ("norm", "error", "message"),
    [
        ("spectrum", ValueError, "weight norm.*none, spectral, weight"),
        (3, TypeError, "3 of type int"),
        (L.ReLU(), TypeError, "name, a callable or None"),
    ],
)
def test_what_is_no_weight_norm_is_refused(norm, error, message):
    with pytest.raises(error, match=message):
        layers.get_weight_norm(norm)


@pytest.mark.parametrize("norm", [None, "none"])
def test_no_weight_norm_is_the_layer_itself(norm):
    dense = L.Dense(3)
    assert layers.get_weight_norm(norm)(dense) is dense


def test_arguments_reach_the_wrapper():
    make = layers.get_weight_norm("spectral", power_iterations=3)
    assert make(L.Dense(3)).power_iterations == 3
    with pytest.raises(ValueError, match="power_iterations"):
        layers.get_weight_norm("spectral", power_iterations=0)(L.Dense(3))
