"""Weights from and to PyTorch, against what its modules have computed.

`torch/make.py` has written the arrays.
"""

import collections
import pathlib

import keras
import numpy as np
import pytest

from normzoo import layers

L = keras.layers
ARRAYS = np.load(pathlib.Path(__file__).parent / "torch" / "modules.npz")


def state_of(name):
    start = f"{name}/state/"
    return {
        key.removeprefix(start): ARRAYS[key]
        for key in ARRAYS.files
        if key.startswith(start)
    }


def both_ways(**arguments):
    return L.Bidirectional(L.GRU(3, return_sequences=True), **arguments)


#: Layer with PyTorch's epsilon, and whether PyTorch has its channels in front.
CASES = {
    "batch_1d": (lambda: layers.BatchNormalization(epsilon=1e-5), False),
    "batch_2d": (lambda: L.BatchNormalization(epsilon=1e-5), True),
    "layer": (lambda: L.LayerNormalization([1, 2], epsilon=1e-5), False),
    "group": (lambda: layers.GroupNormalization(2, epsilon=1e-5), True),
    "rms": (lambda: layers.RMSNormalization(epsilon=1e-5), False),
    "instance": (lambda: layers.InstanceNormalization(epsilon=1e-5), True),
    "linear": (lambda: L.Dense(2), False),
    "conv": (lambda: L.Conv2D(6, (2, 3), groups=2), True),
    "lstm": (lambda: L.LSTM(3, return_sequences=True), False),
    "gru": (lambda: L.GRU(3, return_sequences=True), False),
    "rnn": (lambda: L.SimpleRNN(3, return_sequences=True), False),
}


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_pytorchs(name):
    make, channels_first = CASES[name]
    x, y, state = ARRAYS[f"{name}/x"], ARRAYS[f"{name}/y"], state_of(name)
    if channels_first:
        x, y = (np.moveaxis(each, 1, -1) for each in (x, y))
    layer = make()
    layer.build(x.shape)
    layers.load_torch_weights(layer, state)
    np.testing.assert_allclose(layer(x), y, rtol=1e-5, atol=1e-5)
    back = layers.torch_weights(layer)
    state.pop("num_batches_tracked", None)
    assert back.keys() == state.keys()
    for key, value in state.items():
        if name in ("lstm", "rnn") and key.startswith("bias"):
            continue  # Only their sum is known.
        np.testing.assert_array_equal(back[key], value)
    again = make()
    again.build(x.shape)
    layers.load_torch_weights(again, back)
    np.testing.assert_array_equal(again(x), layer(x))


def test_a_stack_in_both_directions():
    state = {f"encoder.{k}": v for k, v in state_of("both_ways").items()}
    x = ARRAYS["both_ways/x"]
    model = keras.Sequential([keras.Input(x.shape[1:]), *map(_two, range(2))])
    back = {}
    for i, layer in enumerate(model.layers):
        layers.load_torch_weights(layer, state, "encoder", stack=i)
        back |= layers.torch_weights(layer, "encoder", stack=i)
    y = ARRAYS["both_ways/y"]
    np.testing.assert_allclose(model(x), y, rtol=1e-5, atol=1e-5)
    for key, value in state.items():
        np.testing.assert_array_equal(back[key], value)


def _two(i):
    return both_ways(name=f"gru_{i}")


def built(layer, shape=(None, 5, 4)):
    layer.build(shape)
    return layer


NORM = collections.ChainMap({"weight": np.ones(4), "bias": np.ones(4)})


@pytest.mark.parametrize(
    ("layer", "state", "error", "words"),
    [
        (L.Dense(2), {}, ValueError, "no weights yet"),
        (layers.LayerNormLSTM(2), {}, TypeError, "LayerNormLSTM. Expected one"),
        (built(L.LayerNormalization()), {}, ValueError, "lacks weight"),
        (
            built(L.LayerNormalization(center=False)),
            NORM,
            ValueError,
            "has bias, too",
        ),
        (
            built(L.LayerNormalization(), (None, 3)),
            NORM,
            ValueError,
            r"gamma of .* the shape \(3,\). Received: weight \(4,\)",
        ),
        (
            built(L.GRU(3, reset_after=False)),
            state_of("gru"),
            ValueError,
            "Use reset_after=True",
        ),
        (
            built(both_ways(merge_mode="sum")),
            {},
            ValueError,
            "merge_mode='sum'",
        ),
        (
            built(L.GRU(3)),
            state_of("both_ways"),
            ValueError,
            "has weight_ih_l0_reverse, too",
        ),
    ],
)
def test_what_does_not_fit_is_said(layer, state, error, words):
    before = layer.get_weights()
    with pytest.raises(error, match=words):
        layers.load_torch_weights(layer, state)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
