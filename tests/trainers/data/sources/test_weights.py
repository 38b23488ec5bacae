"""Weights of examples, from all kinds of data that Keras takes them from."""

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import array_files, arrays, pipeline
from normzoo.trainers.data.sources.finding import find_arrays

X = np.arange(24, dtype=np.float32).reshape(12, 2)
Y = np.arange(12) % 3
WEIGHTS = np.arange(12) / 4
TRIPLES = tf.data.Dataset.from_tensor_slices((X, Y, WEIGHTS))


class Batches(keras.utils.PyDataset):
    """Batches of 5, the last one of 2."""

    def __len__(self):
        return 3

    def __getitem__(self, i):
        some = slice(5 * i, 5 * i + 5)
        return X[some], Y[some], WEIGHTS[some]


def network(several=False):
    inputs = keras.Input((2,))
    one = keras.layers.Dense(3, name="a")(inputs)
    if not several:
        return keras.Model(inputs, one)
    return keras.Model(inputs, [one, keras.layers.Dense(3, name="b")(inputs)])


def read(given, model=None):
    found = find_arrays(model or network(), {"train": given})
    return arrays.check(found, "The data")


KINDS = {
    "arrays": lambda folder: (X, Y, WEIGHTS),
    "a list": lambda folder: [X, Y, WEIGHTS.tolist()],
    "a series": lambda folder: (X, Y, pandas.Series(WEIGHTS)),
    "examples": lambda folder: TRIPLES,
    "batches": lambda folder: TRIPLES.batch(5),
    "PyDataset": lambda folder: Batches(),
    "a file": lambda folder: _file(folder),
}


def _file(folder):
    path = folder / "mine.npz"
    np.savez(path, x_train=X, y_train=Y, sample_weight_train=WEIGHTS)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_have_the_same_weights(kind, tmp_path):
    found = read(KINDS[kind](tmp_path))
    np.testing.assert_array_equal(found["sample_weight_train"], WEIGHTS)
    assert found["sample_weight_train"].dtype == np.float32


def test_weights_go_with_their_examples(tmp_path):
    path = array_files.write(read((X, Y, WEIGHTS)), tmp_path)
    data = array_files.load(path, 0)
    batches = [
        *pipeline.training_batches(data.train, 3, epochs=1, seed=0),
        *pipeline.evaluation_batches(data.validation, 3),
        *pipeline.evaluation_batches(data.test, 3),
    ]
    seen = 0
    for inputs, labels, weights in batches:
        rows = (inputs.numpy()[:, 0] / 2).astype(int)
        np.testing.assert_array_equal(labels, Y[rows])
        np.testing.assert_array_equal(weights, WEIGHTS[rows])
        seen += len(rows)
    assert seen == 2 * 3 + 2 + 2


@pytest.mark.parametrize(
    ("weights", "names"),
    [
        (WEIGHTS, ["sample_weight_train"]),
        (WEIGHTS.tolist(), ["sample_weight_train"]),
        ([WEIGHTS, 2 * WEIGHTS], ["sample_weight_train"] * 2),
        ({"a": WEIGHTS, "b": WEIGHTS}, ["sample_weight_train"] * 2),
    ],
)
def test_weights_of_several_outputs(weights, names):
    found = read((X, [Y, Y], weights), network(several=True))
    leaves = keras.tree.flatten(found["sample_weight_train"])
    assert len(leaves) == len(names)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (WEIGHTS[1:], "sample_weight_train has 11 examples"),
        (-WEIGHTS, "from -2.75 to -?0. Expected: weights of at least 0"),
        (0 * WEIGHTS, "one above 0"),
        (WEIGHTS * np.nan, "not finite"),
        (["a"] * 12, "sample_weight_train holds no numbers"),
    ],
)
def test_weights_that_are_none(weights, words):
    with pytest.raises(InputError, match=words):
        read((X, Y, weights))
