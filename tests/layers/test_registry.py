"""Normalizations by name."""

import functools

import keras
import numpy as np
import pytest

from normzoo import layers


@pytest.mark.parametrize("name", layers.NORMS)
def test_every_name_makes_new_layers(name):
    make = layers.get(name)
    first, second = make(name="first"), make(name="second")
    assert (first.name, second.name) == ("first", "second")
    assert first(keras.ops.ones((2, 4, 4, 16))).shape == (2, 4, 4, 16)


def test_arguments_reach_the_layer():
    make = layers.get("batch", momentum=0.5)
    assert make(epsilon=1e-5).momentum == 0.5
    assert make(epsilon=1e-5).epsilon == 1e-5


def test_none_means_no_norm():
    x = np.arange(6.0)[None]
    np.testing.assert_array_equal(layers.get(None)()(x), x)


@pytest.mark.parametrize(
    "norm",
    [
        keras.layers.UnitNormalization,
        functools.partial(keras.layers.UnitNormalization, axis=1),
    ],
)
def test_a_callable_is_taken_as_it_is(norm):
    assert layers.get(norm)(name="n").name == "n"


@pytest.mark.parametrize(
    ("identifier", "error", "message"),
    [
        ("btach", ValueError, "'btach'.*none, batch, layer"),
        (3, TypeError, "3 of type int"),
        (keras.layers.Identity(), TypeError, "Pass its class"),
    ],
)
def test_what_is_no_norm_is_refused(identifier, error, message):
    with pytest.raises(error, match=message):
        layers.get(identifier)
