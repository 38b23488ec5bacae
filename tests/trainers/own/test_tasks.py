"""What is learned, by loss and labels, and labels that do not fit."""

import functools

import keras
import numpy as np
import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_data
from normzoo.trainers.own import tasks

RNG = np.random.default_rng(0)
COUNT = 12
X = RNG.normal(size=(COUNT, 4)).astype("float32")
IMAGES = RNG.normal(size=(COUNT, 5, 5, 2)).astype("float32")
TOKENS = RNG.integers(0, 6, (COUNT, 8))
CLASSES = np.arange(COUNT) % 3
PIXELS = RNG.integers(0, 3, (COUNT, 5, 5))
SPARSE, BINARY = "sparse_categorical_crossentropy", "binary_crossentropy"
losses = keras.losses


def later(make):
    """Makes a model in its test: all of them would be made to collect it."""
    return functools.partial(functools.partial, make)


@later
def of_table(outputs, loss):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(outputs)])
    model.compile("sgd", loss)
    return model


@later
def of_images(outputs, loss, size=5):
    inputs = keras.Input((size, size, 2))
    model = keras.Model(inputs, keras.layers.Conv2D(outputs, 1)(inputs))
    model.compile("sgd", loss)
    return model


@later
def of_tokens(outputs, loss):
    embed = keras.layers.Embedding(6, 3)
    dense = keras.layers.Dense(outputs)
    model = keras.Sequential(
        [keras.Input((None,), dtype="int64"), embed, dense]
    )
    model.compile("sgd", loss)
    return model


def unknown_loss(y_true, y_pred):
    return keras.ops.mean(y_pred, -1)


@keras.saving.register_keras_serializable(package="tests_of_tasks")
def own_loss(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_pred), -1)


#: What makes a model, inputs, labels, what is said.
LEARNED = [
    (of_table(3, SPARSE), X, CLASSES, "single label, one of 3 classes"),
    (of_table(3, SPARSE), X, CLASSES[:, None], "single label, one of 3"),
    (
        of_table(3, losses.CategoricalCrossentropy()),
        X,
        np.eye(3)[CLASSES],
        "single label, one of 3 classes (categorical_crossentropy)",
    ),
    (of_table(1, BINARY), X, CLASSES > 1, "binary label (binary_cross"),
    (of_table(1, ["hinge"]), X, np.sign(X[:, 0]), "binary label (hinge)"),
    (of_table(3, BINARY), X, X[:, :3] > 0, "several labels, 3 of them"),
    (of_table(1, "mse"), X, X[:, 0], "regression, 1 target (mean_squared"),
    (of_table(1, losses.Huber(0.5)), X, X[:, :1], "regression, 1 target (hub"),
    (of_table(2, "mae"), X, X[:, :2], "regression, 2 targets"),
    (
        of_tokens(6, SPARSE),
        TOKENS[:, :-1],
        TOKENS[:, 1:],
        "next token, one of 6 (sparse_categorical_crossentropy)",
    ),
    (of_tokens(6, SPARSE), TOKENS, TOKENS, "one of 6 for each step"),
    (
        of_images(3, losses.SparseCategoricalCrossentropy(from_logits=True)),
        IMAGES,
        PIXELS,
        "segmentation, one of 3 for each pixel",
    ),
    (
        of_images(3, losses.SparseCategoricalCrossentropy(ignore_class=255)),
        IMAGES,
        np.where(PIXELS == 1, 255, PIXELS),
        "segmentation, one of 3 for each pixel",
    ),
    (of_images(3, SPARSE, None), IMAGES, PIXELS, "segmentation"),
    (
        of_images(1, BINARY),
        IMAGES,
        PIXELS > 0,
        "segmentation, yes or no for each pixel",
    ),
    (
        of_images(2, "mse"),
        IMAGES,
        IMAGES,
        "regression, 2 targets for each pixel",
    ),
    (of_table(2, own_loss), X, X, "labels of shape (4,) (own_loss)"),
]


@pytest.mark.parametrize(
    ("make", "x", "y", "words"), LEARNED, ids=[each[3] for each in LEARNED]
)
def test_what_is_learned(make, x, y, words):
    model = make()
    found = find_data(model, (x, y))
    targets = tasks.targets_of(model, found["x_train"], found["y_train"])
    assert tasks.said(targets).startswith(words)


def test_classes_become_integers_in_all_splits():
    pair = X, CLASSES.astype(float)
    found = find_data(of_table(3, SPARSE)(), pair, pair, pair)
    for split in ("train", "validation", "test"):
        assert found[f"y_{split}"].dtype == np.int64


@pytest.mark.parametrize("loss", [["mse"], {"last": "mse"}])
def test_the_loss_of_the_one_output_may_be_in_a_structure(loss):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(1, name="last")]
    )
    model.compile("sgd", loss)
    targets = tasks.targets_of(model, X, X[:, 0])
    assert tasks.said(targets) == "regression, 1 target (mean_squared_error)"


@pytest.mark.parametrize(
    ("make", "y", "words"),
    [
        (of_table(2, SPARSE), CLASSES, "from 0 to 2, but .* 2 outputs.*0 to 1"),
        (
            of_table(3, SPARSE),
            CLASSES + 1,
            "from 1 to 3.*from 0, or .* 4 units",
        ),
        (of_table(3, SPARSE), CLASSES - 1, "from -1 to 1"),
        (of_table(3, SPARSE), X[:, 0], "not whole numbers.*regression"),
        (of_table(3, SPARSE), np.eye(3)[CLASSES], "'categorical_crossentropy'"),
        (of_table(1, SPARSE), CLASSES > 1, "the only class.*'binary_cross"),
        (
            of_table(3, "categorical_crossentropy"),
            CLASSES,
            "'sparse_categorical",
        ),
        (
            of_table(3, "categorical_crossentropy"),
            X[:, :3] > 0,
            "not shares of classes.*'binary_crossentropy'",
        ),
        (of_table(1, BINARY), CLASSES, "from 0 to 2.*0 to 1.*sparse_cat"),
        (of_table(3, BINARY), CLASSES, r"shape \(\).*Expected: \(3,\)"),
        (of_table(1, "hinge"), CLASSES, "-1 to 1"),
        (of_table(2, "mse"), X[:, 0], r"shape \(\).*Expected: \(2,\)"),
        (of_table(1, "mse"), X, r"shape \(4,\).*Expected: \(1,\)"),
    ],
)
def test_labels_that_the_loss_would_take_in_silence(make, y, words):
    with pytest.raises(InputError, match=words) as raised:
        find_data(make(), (X, y))
    assert len(str(raised.value)) < 300


def test_a_loss_that_keras_does_not_know():
    with pytest.raises(InputError, match="Register it with keras"):
        find_data(of_table(2, unknown_loss)(), (X, X))


def test_labels_of_every_split_are_looked_at():
    model = of_table(3, SPARSE)()
    with pytest.raises(InputError, match="y_test has labels from 3 to 3"):
        find_data(model, (X, CLASSES), test=(X[:2], [3, 3]))
