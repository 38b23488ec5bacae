"""Data in memory, of all kinds that Keras takes."""

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import arrays
from normzoo.trainers.data.sources.finding import find_arrays, find_examples
from normzoo.trainers.data.sources.options import Options

X = np.arange(24, dtype=np.float32).reshape(12, 2)
Y = np.arange(12) % 3
PLAIN = tf.data.Dataset.from_tensor_slices((X, Y))
CITIES = [["bonn", "rome"]] * 10 + [["bonn", "zürich"], ["rome", "bern"]]
LATIN = np.char.encode(CITIES, "latin-1"), Y
FRAME = pandas.DataFrame(X, columns=["a", "b"])


class Batches(keras.utils.PyDataset):
    """Batches of 5, the last one of 2."""

    def __len__(self):
        return 3

    def __getitem__(self, i):
        some = slice(5 * i, 5 * i + 5)
        return X[some], Y[some]


class Endless(keras.utils.PyDataset):
    """Has no length."""

    def __getitem__(self, i):
        return X, Y


def network(*shape):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(3)])


def read(given, model=None):
    return find_arrays(model or network(2), {"train": given})


KINDS = {
    "arrays": lambda: (X, Y),
    "a list of both": lambda: [X, Y],
    "lists": lambda: (X.tolist(), Y.tolist()),
    "lists of arrays": lambda: (list(X), list(Y)),
    "tensors": lambda: (tf.constant(X), tf.constant(Y)),
    "tensors of Keras": lambda: (keras.ops.array(X), keras.ops.array(Y)),
    "examples": lambda: PLAIN,
    "batches": lambda: PLAIN.batch(5),
    "an epoch": lambda: PLAIN.repeat().batch(6).take(2),
    "PyDataset": lambda: Batches(),
    "a frame": lambda: (FRAME, pandas.Series(Y)),
    "whole numbers": lambda: (
        FRAME.astype("Int64"),
        pandas.Series(Y, dtype="category"),
    ),
    "one input by name": lambda: ({"anything": X}, Y),
}


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_are_the_same_arrays(kind):
    found = arrays.check(read(KINDS[kind]()), "The data")
    np.testing.assert_array_equal(found["x_train"], X)
    np.testing.assert_array_equal(found["y_train"], Y)
    assert found["y_train"].dtype == np.int64


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_data_to_look_at(kind):
    given = KINDS[kind]()
    if isinstance(given, list):  # two inputs, for `diagnose`
        given = tuple(given)
    x, y = find_examples(network(2), given)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)
    assert isinstance(y, np.ndarray)


@pytest.mark.parametrize(
    "given", [X, X.tolist(), FRAME, PLAIN.map(lambda x, y: x)]
)
def test_inputs_alone_can_be_looked_at(given):
    x, y = find_examples(network(2), given)
    np.testing.assert_array_equal(x, X)
    assert y is None


def test_no_more_is_read_than_is_looked_at():
    x, _ = find_examples(network(2), PLAIN.repeat().batch(5), Options(most=7))
    assert len(x) == 10


@pytest.mark.parametrize(
    ("shape", "values", "expected"),
    [
        # Whether a data set's elements are examples or batches of them.
        ((1,), X[:, 0], (12, 1)),
        ((1,), X[:, :1], (12, 1)),
        ((2, 1), X, (12, 2, 1)),
        ((None,), X, (12, 2)),
    ],
)
@pytest.mark.parametrize("size", [None, 5])
def test_an_axis_of_one_may_be_left_out(shape, values, expected, size):
    given = tf.data.Dataset.from_tensor_slices((values, Y))
    given = given.batch(size) if size else given
    model = keras.Sequential(
        [keras.Input(shape), keras.layers.Activation("relu")]
    )
    assert read(given, model)["x_train"].shape == expected
    assert read((values, Y), model)["x_train"].shape == expected


def test_texts_are_numbered_by_the_training_labels():
    labels = np.array(["no", "yes"] * 6)
    given = {"train": (X, labels), "test": (X[:2], ["yes", "no"])}
    found = find_arrays(network(2), given)
    assert found["y_train"].tolist() == [0, 1] * 6
    assert found["y_test"].tolist() == [1, 0]
    given["test"] = X[:2], ["yes", "perhaps"]
    with pytest.raises(InputError, match=r"y_test has .*lacks: 'perhaps'"):
        find_arrays(network(2), given)


def ragged():
    return tf.data.Dataset.from_tensor_slices(
        (tf.ragged.constant([[1.0], [2.0, 3.0]]), [0, 1])
    )


def growing():
    return tf.data.Dataset.range(1, 4).map(
        lambda n: (tf.ones((2, n)), tf.ones(2))
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (X, "must be a pair of arrays.*Received: ndarray"),
        (3, "Received: int"),
        ((X, Y, Y, Y), "must be a pair"),
        ((X, None), "no labels"),
        ((X, {"a": Y}), "are a dict"),
        ((x for x in X), "is a generator"),
        (((x for x in X), Y), "x_train is a generator"),
        (([[1], [2, 3]], [0, 1]), "differ in length"),
        ((tf.ragged.constant([[1], [2, 3]]), [0, 1]), "x_train is a Ragged"),
        (PLAIN.repeat(), r"never ends.*take\(steps\)"),
        (PLAIN.map(lambda x, y: x), "no labels"),
        (PLAIN.map(lambda x, y: (x, y, y, y)), "tuples of 4.*weights"),
        (PLAIN.take(0), "holds no batch"),
        (
            PLAIN.batch(5).map(lambda x, y: (x, tf.sparse.from_dense(y))),
            "Sparse",
        ),
        (ragged(), "yields a Ragged"),
        (growing(), "different shapes"),
        (growing().unbatch(), "cannot be read"),
        (Endless(), "Endless without a length"),
        ((X.astype(str), Y), "holds texts, but .* takes numbers"),
        ((FRAME.assign(b="x"), Y), "no numbers: 'b'"),
        ((FRAME.assign(b=pandas.NaT), Y), "12 missing values in column 'b'"),
        ((FRAME.assign(b=pandas.Timestamp(0)), Y), "of type datetime"),
        (([["a"], [None]], Y), "both texts and other values, such as None"),
        ((CITIES[:1] + LATIN[0][8:].tolist(), Y[:5]), r"row 3 .*z\\xfcrich"),
        (LATIN, r"x_train .* row 10 .*b'z\\xfcrich', first .* 1.*latin-1"),
        (
            tf.data.Dataset.from_tensor_slices(LATIN).batch(4),
            r"train .* row 10 .*first at byte 1",
        ),
    ],
)
def test_what_cannot_be_read(given, words):
    with pytest.raises(InputError, match=words):
        read(given)
