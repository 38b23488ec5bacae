"""Which classes are taken for which."""

import keras
import numpy as np
import pytest

from normzoo.trainers.inspection.confusion import (
    confusion_image,
    confusion_matrix,
)
from normzoo.trainers.own.single_labels import single_labels


def test_labels_are_rows_and_predictions_columns():
    counts = confusion_matrix([0, 0, 1, 2], [0, 1, 1, 0], 3)
    np.testing.assert_array_equal(counts, [[1, 1, 0], [0, 1, 0], [1, 0, 0]])


@pytest.mark.parametrize("classes", [2, 10, 60])
def test_the_diagonal_is_dark_where_all_is_right(classes):
    labels = np.arange(classes - 1).repeat(3)  # the last class has no example
    shown = confusion_image(confusion_matrix(labels, labels, classes))
    assert shown.dtype == np.uint8
    assert shown.shape[2] == 3
    wrong = (labels + 1) % classes
    other = confusion_image(confusion_matrix(labels, wrong, classes))
    assert shown.shape == other.shape
    assert (shown != other).any()


LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)
NUMBERS, ROWS = np.array([0, 1, 1]), np.array([[0], [1], [1]])
#: Loss, outputs, labels -> the labels' classes, the classes of SCORES.
CASES = {
    "sparse": ("sparse_categorical_crossentropy", 2, NUMBERS, [0, 1, 0]),
    "a column": ("sparse_categorical_crossentropy", 2, ROWS, [0, 1, 0]),
    "one hot": ("categorical_crossentropy", 2, np.eye(2)[NUMBERS], [0, 1, 0]),
    "binary": ("binary_crossentropy", 1, NUMBERS, [1, 0, 0]),
    "binary logits": (LOGITS, 1, ROWS, [1, 0, 1]),
    "several labels": ("binary_crossentropy", 2, np.eye(2)[NUMBERS], None),
    "regression": ("mse", 1, NUMBERS, None),
}
SCORES = np.array([[0.9, 0.1], [-0.2, 0.8], [0.3, 0.2]])


@pytest.mark.parametrize("name", CASES)
def test_a_single_label_is_known_by_the_loss(name):
    loss, width, labels, expected = CASES[name]
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(width)])
    model.compile("sgd", loss)
    found = single_labels(model, np.ones((3, 4)), labels)
    if expected is None:
        assert found is None
        return
    classes, count, decide = found
    np.testing.assert_array_equal(classes, NUMBERS)
    assert count == 2
    np.testing.assert_array_equal(decide(SCORES[:, :width]), expected)
