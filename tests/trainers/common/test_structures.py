"""Values from NumPy become Python's."""

import json

import ml_collections
import numpy as np
import pytest

from normzoo.trainers.common.structures import plain, plain_config

VALUES = {
    "float": (np.float64(0.001), 0.001),
    "float32": (np.float32(0.5), 0.5),
    "int": (np.int64(3), 3),
    "bool": (np.bool_(True), True),
    "text": (np.str_("a"), "a"),
    "no axis": (np.array(2.5), 2.5),
    "tuple": ((np.int32(1), (np.float64(2.0),)), (1, (2.0,))),
    "list": ([np.array(1)], [1]),
    "array": (np.array([[1, 2]]), ((1, 2),)),
    "dict": ({"a": np.float64(1.0)}, {"a": 1.0}),
    "none": (None, None),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name):
    value, expected = VALUES[name]
    assert repr(plain(value)) == repr(expected)


@pytest.mark.parametrize("name", VALUES)
def test_a_config_is_json_ready(name):
    value, expected = VALUES[name]
    config = ml_collections.ConfigDict({"a": {"b": value}, "c": 1})
    found = plain_config(config).to_dict()
    assert repr(found) == repr({"a": {"b": expected}, "c": 1})
    json.dumps(found)


def test_the_config_itself_stays():
    config = ml_collections.ConfigDict({"a": np.int64(1)}).lock()
    assert plain_config(config).is_locked
    assert type(config.a) is np.int64
