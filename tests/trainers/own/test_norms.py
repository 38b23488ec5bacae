"""Norms of the user's own, as configs and other processes take them."""

import functools
import json

import keras
import numpy as np
import pytest
from ml_collections import ConfigDict

from normzoo import layers
from normzoo.configs import default
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.sweep import plan
from normzoo.trainers.own.norms import (
    classes_of,
    described,
    label,
    meant,
    register_all,
    registered_in,
)

Group = layers.GroupNormalization
#: What stands for a norm -> how tables call it.
NORMS = {
    "class": (layers.RMSNormalization, "RMSNormalization"),
    "of Keras": (keras.layers.UnitNormalization, "UnitNormalization"),
    "partial": (
        functools.partial(Group, groups=4),
        "GroupNormalization(groups=4)",
    ),
    "configuration": (
        keras.saving.serialize_keras_object(Group(groups=4, name="four")),
        "GroupNormalization(groups=4)",
    ),
    "function": (functools.partial(layers.get, "layer"), "get(layer)"),
}


@pytest.mark.parametrize("kind", NORMS)
def test_a_description_makes_the_norm_in_any_process(kind):
    norm, name = NORMS[kind]
    found = described(norm)
    assert label(found) == name
    made = meant(json.loads(json.dumps(found)))(name="n")
    expected = layers.get(norm)(name="n")
    if kind == "function":  # It makes a maker.
        return
    assert type(made) is type(expected)
    assert made.get_config() == expected.get_config()


@pytest.mark.parametrize(
    ("norm", "words"),
    [
        (lambda name: None, "Put it at the top level"),
        (functools.partial(Group, axis=np.array([1])), "not JSON serializable"),
        (3, "A normalization is a name"),
        (Group(), "Pass its class"),
    ],
)
def test_what_no_other_process_can_make(norm, words):
    with pytest.raises(InputError, match=words):
        described(norm)


def runs_with(norm):
    config = default.get_config()
    return plan(config, [{"model.norm": norm}])


@pytest.fixture
def table(monkeypatch):
    """The names, as they were afterwards."""
    monkeypatch.setitem(layers.NORMS, "mine", keras.layers.UnitNormalization)


class Unnamed(keras.layers.Layer):
    """No file can name it."""


def test_files_of_ones_own_norms_can_be_loaded(table, monkeypatch):
    monkeypatch.setitem(layers.NORMS, "mine", Unnamed)
    for norm in ("layer", "as_is"):
        assert classes_of(norm) == {}
    assert classes_of("mine") == {"Unnamed": Unnamed}
    unit = keras.layers.UnitNormalization
    found = classes_of(ConfigDict({"name": "unit", **described(unit)}))
    assert found == {"UnitNormalization": unit}


def test_other_processes_register_what_runs_name(table, monkeypatch):
    assert registered_in(runs_with("layer"), "set jobs=1") == {}
    sent = registered_in(runs_with("mine"), "set jobs=1")
    monkeypatch.delitem(layers.NORMS, "mine")
    register_all(sent)
    assert type(layers.get("mine")()) is keras.layers.UnitNormalization


def test_what_other_processes_cannot_find_is_said(table, monkeypatch):
    monkeypatch.setitem(layers.NORMS, "mine", lambda name: None)
    assert registered_in(runs_with("layer"), "set jobs=1") == {}
    with pytest.raises(InputError, match=r"'mine'.*top level.*jobs=1"):
        registered_in(runs_with("mine"), "set jobs=1")
