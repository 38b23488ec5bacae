"""How runs should train, by what their model contains."""

import keras
import pytest

from normzoo import zoo
from normzoo.trainers.together import suggestion


def compiled(model, optimizer="adam"):
    model.compile(optimizer, "mse")
    return model


def mlp(**kwargs):
    return zoo.mlp((4,), 2, width=8, **kwargs)


def cnn(width):
    return zoo.cnn((4, 4, 1), 2, width=width, depth=1, dense_units=4)


#: Name -> a model, and how it should train.
SUGGESTIONS = {
    "mlp": (mlp, ("stacked", True, 0)),
    "dropout": (lambda: mlp(dropout=0.5), ("stacked", True, 0)),
    "convolutions": (lambda: cnn(8), ("call_by_call", True, 0)),
    "recurrent": (
        lambda: zoo.stacked_rnn((3, 2), 2, units=(4,)),
        ("call_by_call", True, 3),
    ),
    "stacked recurrent": (
        lambda: zoo.stacked_rnn((5, 2), 2, units=(4, 4), norm="batch"),
        ("call_by_call", True, 10),
    ),
    "of any length": (
        lambda: keras.Sequential(
            [keras.Input((None, 2)), keras.layers.LSTM(2)]
        ),
        ("call_by_call", True, 0),
    ),
    "separable": (
        lambda: keras.Sequential(
            [keras.Input((4, 2)), keras.layers.SeparableConv1D(2, 2)]
        ),
        ("call_by_call", False, 0),
    ),
    "constraint": (
        lambda: keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(2, kernel_constraint="unit_norm"),
            ]
        ),
        ("side_by_side", False, 0),
    ),
}


@pytest.mark.parametrize("name", SUGGESTIONS)
def test_suggestions(name):
    make, expected = SUGGESTIONS[name]
    found = suggestion.suggested(compiled(make()))
    assert (found.mode, found.can_stack, found.unrolled) == expected


def test_random_numbers_without_converters(monkeypatch):
    monkeypatch.setattr(suggestion, "has_converters", lambda: False)
    model = compiled(mlp(dropout=0.5))
    assert suggestion.suggested(model).mode == "call_by_call"
    assert suggestion.suggested(compiled(mlp())).mode == "stacked"
