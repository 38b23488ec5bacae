"""Folders of images."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data.sources.finding import find_arrays, find_examples
from normzoo.trainers.data.sources.options import Options

RNG = np.random.default_rng(0)
SIZES = [(9, 7), (8, 8), (3, 12)]
PNG = tf.io.encode_png


def network(*shape):
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten()])


def write(path, size=(8, 8), channels=3, encode=PNG):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = RNG.integers(0, 256, (*size, channels), np.uint8)
    path.write_bytes(encode(image).numpy())


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """Images of three sizes and kinds in folders of their classes."""
    folder = tmp_path_factory.mktemp("classes")
    for i, size in enumerate(SIZES):
        write(folder / "dogs" / f"{i}.png", size)
        write(folder / "cats" / f"{i}.JPG", size, encode=tf.io.encode_jpeg)
    write(folder / "cats" / "deeper" / "gray.png", channels=1)
    (folder / "cats" / "notes.txt").write_text("no image")
    (folder / ".hidden").mkdir()
    return folder


def read(folder, *shape, **others):
    return find_arrays(network(*shape), {"train": folder, **others})


@pytest.mark.parametrize(
    ("channels", "mode"),
    [
        (1, "grayscale"),
        (3, "rgb"),
    ],
)
def test_images_are_those_that_keras_reads(classes, channels, mode):
    found = read(classes, 6, 5, channels)
    dataset = keras.utils.image_dataset_from_directory(
        classes,
        image_size=(6, 5),
        color_mode=mode,
        shuffle=False,
        verbose=False,
    )
    ((images, labels),) = dataset.as_numpy_iterator()
    np.testing.assert_array_equal(found["x_train"], images)
    assert found["y_train"].tolist() == labels.tolist() == [0] * 4 + [1] * 3
    assert found["x_train"].max() > 200


@pytest.mark.parametrize(
    "names",
    [("train", "validation", "test"), ("training", "val", "testing")],
)
def test_splits_are_folders(names, tmp_path):
    for number, name in enumerate(names):
        for label in ("cats", "dogs"):
            for i in range(3 - number):
                write(tmp_path / name / label / f"{i}.png")
    found = read(tmp_path, 8, 8, 3)
    counts = {
        split: len(found[f"y_{split}"])
        for split in ("train", "validation", "test")
    }
    assert counts == {"train": 6, "validation": 4, "test": 2}


def test_a_class_may_be_called_train(tmp_path):
    for label in ("bus", "train"):
        write(tmp_path / label / "0.png")
    found = read(str(tmp_path), 8, 8, 3)
    assert found["y_train"].tolist() == [0, 1]


def test_each_split_may_be_a_folder(classes):
    found = read(classes, 8, 8, 3, test=classes)
    np.testing.assert_array_equal(found["x_test"], found["x_train"])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [(("b", "a"), [1, 0]), ((3, 7), [3, 7]), ((0.5, 1.5), [0.5, 1.5])],
)
def test_labels_in_a_file(labels, expected, tmp_path):
    for i in (0, 1):
        write(tmp_path / f"{i}.png")
    lines = [f"{i}.png,{label}" for i, label in enumerate(labels)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label", *lines]))
    found = read(tmp_path, 8, 8, 3)
    assert found["y_train"].tolist() == expected
    assert len(found["x_train"]) == 2


def test_all_classes_are_looked_at(classes):
    x, y = find_examples(network(8, 8, 3), classes, Options(most=3))
    assert (len(x), y.tolist()) == (3, [0, 0, 1])


def test_a_model_of_any_size_takes_images_of_one(tmp_path, classes):
    for i in range(2):
        write(tmp_path / str(i) / "0.png", (5, 6))
    assert read(tmp_path, None, None, 3)["x_train"].shape == (2, 5, 6, 3)
    with pytest.raises(InputError, match=r"1.JPG has shape .*Resize"):
        read(classes, None, None, 3)


def test_four_channels(tmp_path):
    write(tmp_path / "cats" / "0.png", channels=4)
    assert read(tmp_path, 8, 8, 4)["x_train"].shape == (1, 8, 8, 4)
    write(tmp_path / "cats" / "1.jpg", encode=tf.io.encode_jpeg)
    words = r"1.jpg cannot be read: JPEG does not support 4 channels$"
    with pytest.raises(InputError, match=words):
        read(tmp_path, 8, 8, 4)


def empty(folder):
    (folder / "cats").mkdir()


def broken(folder):
    write(folder / "cats" / "0.png")
    (folder / "cats" / "1.png").write_text("nothing")


def without_columns(folder):
    (folder / "labels.csv").write_text("name,class\n")


def without_file(folder):
    (folder / "labels.csv").write_text("file,label\n0.png,1\n")


def without_lines(folder):
    (folder / "labels.csv").write_text("file,label\n")


@pytest.mark.parametrize(
    ("fill", "shape", "words"),
    [
        (empty, (8, 8, 3), "has no images.*SPLIT/CLASS/IMAGE"),
        (broken, (8, 8, 3), "cats/1.png cannot be read"),
        (without_columns, (8, 8, 3), "'name', 'class'. Expected: file and"),
        (without_file, (8, 8, 3), "1 files that are not there.*0.png"),
        (without_lines, (8, 8, 3), "names no files"),
        (broken, (8,), r"of shape \(8,\). Expected, for a folder of images"),
        (broken, (3, 8, 8), r"of shape \(3, 8, 8\)"),
    ],
)
def test_folders_that_cannot_be_used(fill, shape, words, tmp_path):
    fill(tmp_path)
    with pytest.raises(InputError, match=words):
        read(tmp_path, *shape)


def test_a_class_that_was_not_trained(tmp_path, classes):
    write(tmp_path / "birds" / "0.png")
    with pytest.raises(InputError, match=r"y_test has classes .*'birds'"):
        read(classes, 8, 8, 3, test=tmp_path)
