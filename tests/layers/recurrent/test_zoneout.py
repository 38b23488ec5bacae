"""States that keep their values, against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers.recurrent.zoneout import Zoneout

from .test_recurrent import MASK, expected, inputs, make

RATES = {"zoneout": 0.3, "cell_zoneout": 0.5}
SEEDS = [tf.constant(seed) for seed in ([3, 4], [5, 6])]


def rates(kind):
    """Returns the arguments that a layer has."""
    return RATES if kind == "LSTM" else {"zoneout": 0.3}


def fix_seeds(layer, monkeypatch):
    """Makes a layer draw the same in each call; returns what it keeps."""
    monkeypatch.setattr(layer, "_seeds", lambda count: SEEDS[:count])
    shape = (MASK.shape[1], len(MASK), layer.units)
    return [
        (tf.random.stateless_uniform(shape, seed) < rate).numpy()
        for seed, rate in zip(SEEDS, RATES.values(), strict=True)
    ]


@pytest.mark.quick("BatchNorm-LSTM-kwargs0", "LayerNorm-SimpleRNN-kwargs3")
@pytest.mark.parametrize(
    ("family", "kind", "kwargs"),
    [
        ("BatchNorm", "LSTM", {}),
        ("BatchNorm", "GRU", {"unroll": True}),
        ("LayerNorm", "LSTM", {"carry_normalized": True}),
        ("LayerNorm", "SimpleRNN", {}),
    ],
)
def test_training_keeps_what_is_drawn(family, kind, kwargs, monkeypatch):
    layer = make(family, kind, **rates(kind), **kwargs)
    keep = fix_seeds(layer, monkeypatch)
    assert 0.1 < np.mean(keep[0]) < 0.5
    assert 0.3 < np.mean(keep[1]) < 0.7
    carry = {k: v for k, v in kwargs.items() if k == "carry_normalized"}
    want, _ = expected(family, kind, layer, inputs(), MASK, keep=keep, **carry)
    y = layer(inputs(), mask=MASK, training=True)
    np.testing.assert_allclose(np.where(MASK[..., None], y, 0), want, 0, 1e-12)


@pytest.mark.quick("GRU")
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_inference_takes_the_expectation(kind):
    layer = make("LayerNorm", kind, **rates(kind))
    keep = tuple(RATES.values())
    want, _ = expected("LayerNorm", kind, layer, inputs(), MASK, keep=keep)
    y = layer(inputs(), mask=MASK)
    np.testing.assert_allclose(np.where(MASK[..., None], y, 0), want, 0, 1e-12)


@pytest.mark.slow
def test_compiled_is_the_same_as_eager(monkeypatch):
    layer = make("LayerNorm", "LSTM", **RATES)
    # Compiled, other numbers may be drawn from equal seeds.
    keep = [tf.constant(k) for k in fix_seeds(layer, monkeypatch)]
    drawn = {"keep": keep}
    monkeypatch.setattr(Zoneout, "sequences", lambda *args: drawn)

    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.sin(layer(x, mask=MASK, training=True)))
        return loss, tape.gradient(loss, x)

    x = tf.constant(inputs())
    compiled = tf.function(run, jit_compile=True, autograph=False)(x)
    for a, b in zip(compiled, run(x), strict=True):
        np.testing.assert_allclose(a, b, 1e-9, 1e-9)


def test_each_call_draws_again():
    layer = make("LayerNorm", "SimpleRNN", zoneout=0.5)
    first, second = (layer(inputs(), training=True).numpy() for _ in range(2))
    assert not np.array_equal(first, second)
    assert np.array_equal(layer(inputs()), layer(inputs()))


@pytest.mark.slow
def test_reestimation_draws_nothing():
    def estimated():
        layer = make("BatchNorm", "GRU", zoneout=0.5, dtype="float32")
        model = keras.Sequential([keras.Input((*MASK.shape[1:], 3)), layer])
        x = inputs(dtype="float32")
        layers.reestimate_statistics(model, x, layerwise=False, verbose=0)
        return layer.statistics.get_weights()

    for a, b in zip(estimated(), estimated(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_replacing_keeps_the_rates_or_the_layer():
    model = keras.Sequential(
        [keras.Input((6, 3)), layers.BatchNormLSTM(4, **RATES, name="rnn")]
    )
    new = layers.replace_norms(model, "layer").model.get_layer("rnn")
    assert isinstance(new, layers.LayerNormLSTM)
    assert {name: getattr(new, name) for name in RATES} == RATES
    left = layers.replace_norms(model, "none").left
    assert "has no `zoneout`" in left["rnn"]


def test_only_an_lstm_has_a_cell_state():
    with pytest.raises(ValueError, match=r"no cell state.*0.1"):
        layers.LayerNormGRU(3, cell_zoneout=0.1)
