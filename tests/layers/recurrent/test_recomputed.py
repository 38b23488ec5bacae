"""Layers that compute twice to save memory, against those that do not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers.recurrent.zoneout import Zoneout
from normzoo.trainers.inspection.kept_values import kept_bytes

from .test_lstm_gradient import penalty

# Seven steps are three parts of two, and one of one.
STEPS = 7
SEED = [tf.constant([3, 4])]


def make(layer, **kwargs):
    """Returns a layer with weights of its own."""
    layer = layer(6, **{"dtype": "float64", "seed": 1, **kwargs})
    layer.build((4, STEPS, 3))
    rng = np.random.default_rng(1)
    for weight in layer.trainable_weights:
        weight.assign(rng.normal(0.3, 0.5, weight.shape))
    return layer


def results(layer, masked, mode):
    """Returns outputs, gradients and weights after a step."""
    rng = np.random.default_rng(2)
    mask = rng.random((4, STEPS)) < 0.7 if masked else None
    dtype = layer.variable_dtype
    shapes = [(4, STEPS, 3), *[(4, 6)] * len(layer.state_size)]
    sources = [tf.constant(rng.normal(size=s), dtype) for s in shapes]

    def step(x, *states):
        with tf.GradientTape() as tape:
            tape.watch([x, *states])
            y = layer(x, initial_state=list(states), mask=mask, training=True)
            loss = sum(tf.reduce_sum(tf.sin(3 * v)) for v in tf.nest.flatten(y))
        weights = [weight.value for weight in layer.trainable_weights]
        gradients = tape.gradient(loss, [x, *states, *weights])
        return [*tf.nest.flatten(y), *gradients]

    run = step
    if mode != "eager":
        run = tf.function(step, jit_compile=mode == "xla", autograph=False)
    return [*run(*sources), *layer.get_weights()]


BATCH_LSTM = layers.BatchNormLSTM


@pytest.mark.quick("LayerNormGRU-True-eager")
@pytest.mark.parametrize(
    ("layer", "masked", "mode", "kwargs"),
    [
        pytest.param(
            layer, masked, mode, kwargs, id=f"{layer.__name__}-{masked}-{mode}"
        )
        for layer, masked, mode, kwargs in [
            (BATCH_LSTM, False, "eager", {"return_state": True}),
            (layers.LayerNormGRU, True, "eager", {"return_state": True}),
            # Whose loops are compiled alone.
            (BATCH_LSTM, True, "graph", {"return_sequences": True}),
            (layers.LayerNormSimpleRNN, True, "xla", {"use_bias": False}),
            (layers.BatchNormGRU, True, "graph", {"dropout": 0.3}),
            (layers.IndRNN, False, "graph", {"unroll": True}),
        ]
    ],
)
def test_low_memory_changes_nothing(layer, masked, mode, kwargs):
    low = results(make(layer, memory="low", **kwargs), masked, mode)
    normal = results(make(layer, **kwargs), masked, "eager")
    for a, b in zip(low, normal, strict=True):
        scale = max(1, np.abs(b).max())
        np.testing.assert_allclose(a / scale, b / scale, 0, 1e-12)


@pytest.mark.slow
def test_second_derivatives_are_the_same():
    low, normal = (
        penalty(make(layers.BatchNormGRU, memory=memory), (4, STEPS, 3))
        for memory in ("low", "normal")
    )
    np.testing.assert_allclose(low, normal, 1e-9, 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layer", "plain"),
    [
        (layers.BatchNormLSTM, keras.layers.LSTM),
        (layers.LayerNormGRU, keras.layers.GRU),
    ],
)
def test_less_is_kept_than_keras_layers_keep(layer, plain):
    def kept(layer, steps):
        layer.build((8, steps, 6))

        def loss(x):
            return tf.reduce_sum(layer(x, training=True) ** 2)

        spec = tf.TensorSpec((8, steps, 6))
        return kept_bytes(loss, [layer.cell.kernel.value], spec)

    short, long = (
        kept(layer(6, memory="low", max_timesteps=64), steps)
        if layer is layers.BatchNormLSTM
        else kept(layer(6, memory="low"), steps)
        for steps in (16, 64)
    )
    # The inputs, which are there anyway, grow with the time.
    assert long < 4 * short
    assert long < 0.5 * kept(plain(6), 64)


@pytest.mark.slow
def test_batches_of_any_size_and_of_one():
    """What XLA has compiled for any size is used for a known one, too."""
    layer = layers.BatchNormLSTM(
        4, memory="low", jit_compile=True, max_timesteps=9
    )
    x = tf.constant(np.random.default_rng(0).normal(size=(8, 9, 3)), "float32")

    def loss(x):
        return tf.reduce_sum(layer(x, training=True) ** 2)

    expected = loss(x)
    for size in (None, 8):
        spec = tf.TensorSpec((size, 9, 3))
        found = tf.function(loss).get_concrete_function(spec)(x)
        np.testing.assert_allclose(found, expected, 1e-5)


@pytest.mark.slow
def test_zoneout_has_a_gradient_and_differs_from_part_to_part(monkeypatch):
    layer = make(layers.LayerNormGRU, memory="low", zoneout=0.5)
    monkeypatch.setattr(layer, "_seeds", lambda count: SEED)
    rng = np.random.default_rng(0)
    x, d = (tf.constant(rng.normal(size=(4, STEPS, 3))) for _ in range(2))

    def loss(x):
        return tf.reduce_sum(layer(x, training=True) ** 2)

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = loss(x)
    slope = tf.reduce_sum(tape.gradient(y, x) * d)
    moved = (loss(x + 1e-5 * d) - loss(x - 1e-5 * d)) / 2e-5
    np.testing.assert_allclose(slope, moved, 1e-6)
    whole = Zoneout((0.5,), SEED)
    states = [tf.zeros((4, 6))]
    first, second = (
        whole.of_part(i).sequences(2, states)["keep"][0].numpy() for i in (0, 1)
    )
    assert not np.array_equal(first, second)


def test_unknown_lengths_are_refused():
    layer = layers.LayerNormLSTM(3, memory="low")
    layer.build((None, None, 2))
    x = tf.zeros((4, 5, 2))
    np.testing.assert_array_equal(layer(x, training=True), layer(x))
    run = tf.function(
        lambda x: layer(x, training=True),
        input_signature=[tf.TensorSpec((4, None, 2))],
        autograph=False,
    )
    with pytest.raises(ValueError, match="must be known when the graph"):
        run(x)
