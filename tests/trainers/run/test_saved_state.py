"""A checkpoint that is written again holds what TensorFlow's would."""

import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.run.checkpointing.saved_state import SavedState

VALUES = {
    "float32": np.arange(6, dtype="float32").reshape(2, 3),
    "float64": np.float64(0.1),
    "bfloat16": np.array([1.5, -2], tf.bfloat16.as_numpy_dtype),
    "int64": np.int64(2**40),
    "uint32": np.array([7, 2**32 - 1], "uint32"),
    "bool": np.array([True, False]),
    "empty": np.zeros((0, 3), "float32"),
}


def made(strategy=None):
    """Returns groups of variables, one of them in two."""
    with (strategy or tf.distribute.get_strategy()).scope():
        model = [tf.Variable(value) for value in VALUES.values()]
    return {"model": model, "again": model[:1], "none": []}


def changed(variable):
    value = tf.convert_to_tensor(variable)
    if value.dtype == tf.bool:
        variable.assign(~value)
    else:
        variable.assign_add(tf.ones_like(value))


def contents(path):
    reader = tf.train.load_checkpoint(str(path))
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
    }


@pytest.mark.parametrize("replicas", [1, 2])
def test_each_is_what_a_new_one_would_be(tmp_path, replicas, two_replicas):
    strategy = two_replicas if replicas == 2 else None
    variables = made(strategy)
    state = SavedState(variables)
    for number in range(3):
        text = f"text {number} é " + number * "x"
        state.write(tmp_path / f"again-{number}", text)
        SavedState(variables).write(tmp_path / f"new-{number}", text)
        found = contents(tmp_path / f"again-{number}")
        expected = contents(tmp_path / f"new-{number}")
        assert found.keys() == expected.keys()
        assert len(found) == len(VALUES) + 2
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name], value, name)
        for variable in variables["model"]:
            changed(variable)


def test_it_is_read_as_it_was_written(tmp_path):
    variables = made()
    state = SavedState(variables)
    state.write(tmp_path / "first", "first")
    for variable in variables["model"]:
        changed(variable)
    before = [variable.numpy() for variable in variables["model"]]
    state.write(tmp_path / "second", "second")
    for variable in variables["model"]:
        changed(variable)
    assert state.read(tmp_path / "second") == "second"
    for variable, value in zip(variables["model"], before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert SavedState(made()).read(tmp_path / "first") == "first"


@pytest.mark.parametrize(
    "other",
    [
        made()["model"][:3],
        [tf.Variable(0.0) for _ in VALUES],
        [tf.Variable(tf.zeros(5, each.dtype)) for each in made()["model"]],
    ],
    ids=["number", "types", "shapes"],
)
def test_other_variables_are_not_read(tmp_path, other):
    state = SavedState(made())
    for number in range(2):
        state.write(tmp_path / f"{number}", "")
        with pytest.raises((AssertionError, ValueError)):
            SavedState({"model": other}).read(tmp_path / f"{number}")
