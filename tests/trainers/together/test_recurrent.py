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
    "keras": lambda: [
        L.LSTM(3, return_sequences=True, **DROPOUT),
        L.Bidirectional(L.GRU(2, return_sequences=True)),
        L.SimpleRNN(3),
    ],
    "batch": lambda: [
        layers.BatchNormLSTM(3, max_timesteps=2, return_sequences=True),
        layers.BatchNormGRU(3, return_sequences=True, **DROPOUT),
        layers.BatchNormSimpleRNN(3, per_timestep=False),
    ],
    "layer": lambda: [
        layers.LayerNormLSTM(3, return_sequences=True),
        layers.LayerNormGRU(3, return_sequences=True),
        layers.LayerNormSimpleRNN(3),
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers(name):
    make = functools.partial(of_layers, make=RECURRENT[name], shape=SEQUENCE)
    check(make, batches(SEQUENCE))


@pytest.mark.slow
def test_a_recurrent_layer_under_xla():
    make = functools.partial(
        of_layers,
        make=lambda: [layers.BatchNormLSTM(3, max_timesteps=2)],
        shape=SEQUENCE,
    )
    check(make, batches(SEQUENCE), jit_compile=True)
