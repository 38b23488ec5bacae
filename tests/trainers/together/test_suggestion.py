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
    "mlp": (mlp, ("stacked", True)),
    "dropout": (lambda: mlp(dropout=0.5), ("stacked", True)),
    "narrow": (lambda: cnn(8), ("stacked", True)),
    "wide": (lambda: cnn(32), ("side_by_side", False)),
    "recurrent": (
        lambda: zoo.stacked_rnn((3, 2), 2, units=(4,)),
        ("alone", False),
    ),
    "separable": (
        lambda: keras.Sequential(
            [keras.Input((4, 2)), keras.layers.SeparableConv1D(2, 2)]
        ),
        ("side_by_side", False),
    ),
}


@pytest.mark.parametrize("name", SUGGESTIONS)
def test_suggestions(name):
    make, expected = SUGGESTIONS[name]
    assert suggestion.suggested(compiled(make()))[:2] == expected


def test_random_numbers_without_converters(monkeypatch):
    monkeypatch.setattr(suggestion, "has_converters", lambda: False)
    model = compiled(mlp(dropout=0.5))
    assert suggestion.suggested(model)[:2] == ("stacked", False)
    assert suggestion.suggested(compiled(mlp()))[:2] == ("stacked", True)
