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


GROUPS_OF_4 = keras.saving.serialize_keras_object(
    layers.GroupNormalization(groups=4)
)


def test_a_configuration_is_taken_as_it_is():
    norm = layers.get(GROUPS_OF_4, epsilon=0.5)(name="n")
    assert (norm.name, norm.groups, norm.epsilon) == ("n", 4, 0.5)


@pytest.fixture
def table(monkeypatch):
    """The names, as they were afterwards."""
    monkeypatch.setitem(layers.NORMS, "mine", None)


@pytest.mark.parametrize(
    ("norm", "expected"),
    [
        (keras.layers.UnitNormalization, keras.layers.UnitNormalization),
        (GROUPS_OF_4, layers.GroupNormalization),
        (
            functools.partial(layers.GroupNormalization, groups=4),
            layers.GroupNormalization,
        ),
        ("layer", layers.LayerNormalization),
    ],
    ids=["class", "configuration", "partial", "name"],
)
def test_a_registered_norm_has_a_name(table, norm, expected):
    layers.register("mine", norm)
    assert type(layers.get("mine")(name="n")) is expected
    model = keras.Sequential([keras.Input((6, 8)), layers.get("batch")()])
    new = layers.replace_norms(model, "mine").model.layers[-1]
    assert type(new) is expected
    assert getattr(new, "groups", 4) == 4


def test_a_name_that_is_registered_again_means_the_new_norm(table):
    for norm in (keras.layers.LayerNormalization, keras.layers.ReLU):
        layers.register("mine", norm)
    assert type(layers.get("mine")()) is keras.layers.ReLU


@pytest.mark.parametrize(
    ("name", "norm", "error", "message"),
    [
        ("batch", keras.layers.ReLU, ValueError, "'batch' belongs to normzoo"),
        ("as_is", keras.layers.ReLU, ValueError, "belongs to normzoo"),
        ("mine:Norm", keras.layers.ReLU, ValueError, "letters, digits"),
        (3, keras.layers.ReLU, ValueError, "Received: 3"),
        ("mine", keras.layers.ReLU(), TypeError, "Pass its class"),
        ("mine", 3, TypeError, "3 of type int"),
        ("mine", {"groups": 4}, ValueError, "`class_name` and `config`"),
    ],
)
def test_what_cannot_be_registered(table, name, norm, error, message):
    with pytest.raises(error, match=message):
        layers.register(name, norm)
    assert layers.NORMS["mine"] is None


@pytest.mark.parametrize(
    ("identifier", "error", "message"),
    [
        ("btach", ValueError, "'btach'.*none, batch, ghost_batch, layer"),
        (3, TypeError, "3 of type int"),
        (keras.layers.Identity(), TypeError, "Pass its class"),
    ],
)
def test_what_is_no_norm_is_refused(identifier, error, message):
    with pytest.raises(error, match=message):
        layers.get(identifier)
