"""Diagnoses of models with data of all kinds."""

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf

import normzoo
from normzoo.trainers.common.errors import InputError

X = np.random.default_rng(0).normal(3, 1, size=(64, 2)).astype("float32")
Y = np.arange(64) % 3
BOTH = tf.data.Dataset.from_tensor_slices((X, Y))
Dense = keras.layers.Dense


@pytest.fixture(scope="module")
def model():
    """Its moving statistics are late; nothing in it changes."""
    found = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.BatchNormalization(name="norm"),
            Dense(3, activation="softmax"),
        ]
    )
    found.compile("adam", "sparse_categorical_crossentropy")
    return found


class Own(keras.Model):
    """A model with a `call` of its own."""

    def __init__(self):
        super().__init__()
        self.norm = keras.layers.BatchNormalization(name="norm")

    def call(self, x):
        return self.norm(x["a"] + x["b"])


@pytest.mark.parametrize(
    "data",
    [
        X,
        (X, Y),
        BOTH.repeat(),
        BOTH.batch(10).map(lambda x, y: x),
        (pandas.DataFrame(X), pandas.Series(Y)),
        {"any name": X.tolist()},
    ],
)
def test_data_of_all_kinds(model, data):
    found = normzoo.diagnose(model, data)
    assert [each.symptom for each in found.problems] == ["late_statistics"]


def test_a_model_with_a_call_of_its_own():
    model, data = Own(), {"a": X, "b": X}
    model(data)
    for given in (data, tf.data.Dataset.from_tensor_slices(data).batch(8)):
        found = normzoo.diagnose(model, given)
        assert "late_statistics" in [each.symptom for each in found.problems]


def test_labels_of_several_outputs():
    inputs = keras.Input((2,))
    x = keras.layers.BatchNormalization(name="norm")(inputs)
    model = keras.Model(inputs, [Dense(3)(x), Dense(2)(x)])
    model.compile("adam", ["mse", "mse"])
    labels = [np.ones((64, 3)), np.ones((64, 2))]
    assert normzoo.diagnose(model, (X, labels)).problems


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((X, Y + 1), "y has labels from 1 to 3"),
        (X[:, :1], r"takes examples of shape \(2,\)"),
        (X * np.inf, "not finite"),
        ((each for each in X), "is a generator"),
        ("nowhere.npz", "cannot be read"),
    ],
)
def test_data_that_do_not_fit(model, data, words):
    with pytest.raises(InputError, match=words):
        normzoo.diagnose(model, data)
