"""Examples of an array that stays on the disk."""

import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.data import pipeline, scaling
from normzoo.trainers.data.disk.rows import Rows
from normzoo.trainers.data.examples import Examples

VALUES = np.random.default_rng(0).integers(0, 256, (20, 3), np.uint8)
TEXTS = np.array(["Ärger", "b", "", "dd"] * 5)[:, np.newaxis]
KEPT = np.array([7, 3, 19, 0, 5, 11])


@pytest.mark.parametrize("array", [VALUES, TEXTS])
def test_rows_are_those_of_the_array(array):
    rows, expected = Rows(array).taken(KEPT), array[KEPT]
    for name in ("dtype", "shape", "ndim", "size", "nbytes"):
        assert getattr(rows, name) == getattr(expected, name)
    assert len(rows) == len(expected)
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_array_equal(rows.taken([2, 1]), expected[[2, 1]])
    for index in (2, slice(1, 4), np.array([[0, 3], [5, 5]])):
        np.testing.assert_array_equal(rows[index], expected[index])


@pytest.mark.parametrize(
    "inputs", [VALUES, {"a": VALUES, "b": TEXTS}], ids=["one", "two"]
)
def test_batches_are_those_of_arrays(inputs):
    labels, weights = np.arange(20), np.ones(20, np.float32)
    arrays = Examples(inputs, labels, weights, scaling.as_given)
    rows = Examples(
        tf.nest.map_structure(Rows, inputs),
        Rows(labels),
        Rows(weights),
        scaling.as_given,
    )
    assert rows.is_on_disk
    assert not arrays.is_on_disk
    for make in (
        lambda x: pipeline.training_batches(x, 6, 2, seed=1, start=(0, 1)),
        lambda x: pipeline.evaluation_batches(x, 6),
    ):
        found, expected = make(rows), make(arrays)
        assert found.element_spec == expected.element_spec
        pairs = zip(found, expected, strict=True)
        for batch, other in pairs:
            for x, y in zip(
                tf.nest.flatten(batch), tf.nest.flatten(other), strict=True
            ):
                assert x.dtype == y.dtype
                np.testing.assert_array_equal(x, y)
