"""A step of stacked runs with recurrent layers is a step of each run."""

import functools

import keras
import pytest

from normzoo import layers

from .test_vectorizing import batches, check, double, of_layers

__all__ = ["double"]

L = keras.layers
SEQUENCE = (3, 3)
DROPOUT = {"dropout": 0.3, "recurrent_dropout": 0.3, "seed": 1}

#: Name -> a layer.
RECURRENT = {
    "lstm": lambda: L.LSTM(3, **DROPOUT),
    "gru": lambda: L.GRU(3),
    "simple": lambda: L.SimpleRNN(3),
    "both ways": lambda: L.Bidirectional(L.LSTM(2)),
    "batch lstm": lambda: layers.BatchNormLSTM(3, max_timesteps=2),
    "batch gru": lambda: layers.BatchNormGRU(3, **DROPOUT),
    "batch simple": lambda: layers.BatchNormSimpleRNN(3, per_timestep=False),
    "layer lstm": lambda: layers.LayerNormLSTM(3),
    "layer gru": lambda: layers.LayerNormGRU(3),
    "layer simple": lambda: layers.LayerNormSimpleRNN(3),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers(name):
    make = functools.partial(
        of_layers, make=lambda: [RECURRENT[name]()], shape=SEQUENCE
    )
    check(make, batches(SEQUENCE))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lstm", "batch lstm", "layer lstm"])
def test_recurrent_layers_under_xla(name):
    make = functools.partial(
        of_layers, make=lambda: [RECURRENT[name]()], shape=SEQUENCE
    )
    check(make, batches(SEQUENCE), jit_compile=True)
