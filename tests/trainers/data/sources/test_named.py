"""Sets of TFDS, with the values that they have."""

import keras
import numpy as np
import pytest
import tensorflow_datasets as tfds

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import arrays
from normzoo.trainers.data.sources.finding import find_arrays, find_examples
from normzoo.trainers.data.sources.options import Options

from .. import made, prepared

FEATURES = tfds.features


def network(*shape):
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten()])


def read(name, folder, *shape):
    options = Options(data_dir=str(folder))
    found = find_arrays(network(*shape), {"train": name}, options)
    return arrays.check(found, "The data")


def test_an_embedded_set_has_its_own_splits_and_values(data_dir):
    found = read("digits", data_dir, 8, 8, 1)
    assert sorted({name[2:] for name in found}) == [
        "test",
        "train",
        "validation",
    ]
    assert found["x_train"].dtype == np.uint8
    assert found["x_train"].max() == 255
    assert set(found["y_test"].tolist()) == set(range(10))
    expected = tfds.load("digits", data_dir=str(data_dir), split="test")
    images = np.stack([each["image"] for each in tfds.as_numpy(expected)])
    np.testing.assert_array_equal(found["x_test"], images)


def test_a_part_is_looked_at(data_dir):
    options = Options(data_dir=str(data_dir), most=10)
    x, y = find_examples(network(8, 8, 1), "digits", options)
    assert 10 <= len(x) == len(y) < 500


@prepared.needs("mnist")
@pytest.mark.slow
def test_a_set_without_validation_has_none():
    found = read("mnist", prepared.FOLDER, 28, 28, 1)
    assert sorted(found) == ["x_test", "x_train", "y_test", "y_train"]
    assert found["x_train"].shape == (60_000, 28, 28, 1)
    assert found["x_train"].max() == 255


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tfds")


def test_images_of_several_sizes_get_the_models(folder):
    def image(i):
        return np.full((3 + i % 2, 5, 3), 10 * i, np.uint8)

    made.prepare_images(
        "sized", folder, FEATURES.Image(shape=(None, None, 3)), image
    )
    found = read("sized", folder, 4, 4, 3)
    assert found["x_train"].shape == (6, 4, 4, 3)
    values = sorted(found["x_train"][:, 0, 0, 0])
    np.testing.assert_allclose(values, [0, 10, 20, 30, 40, 50], rtol=1e-5)
    with pytest.raises(InputError, match="'sized' differ in size"):
        read("sized", folder, None, None, 3)


def test_targets_that_are_numbers(folder):
    made.prepare(
        "measured",
        {
            "signal": FEATURES.Tensor(shape=(2,), dtype=np.float64),
            "label": FEATURES.Scalar(np.float32),
        },
        lambda i: {"signal": [i, -i], "label": i / 4},
        folder,
    )
    found = read("measured", folder, 2)
    assert found["y_train"].dtype == np.float32
    assert sorted(found["y_train"]) == [0, 0.25, 0.5, 0.75, 1, 1.25]


def unlabeled(folder):
    if not (folder / "unlabeled").exists():
        made.prepare(
            "unlabeled",
            {"image": made.PIXELS},
            lambda i: {"image": _BLACK},
            folder,
        )
    return "unlabeled"


_BLACK = np.zeros((4, 4, 1), np.uint8)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mnits", "Unknown data set.*mnist"),
        ("mnist", r"not prepared in .*tfds build mnist --data_dir=\S+\.$"),
        (unlabeled, "does not say what its inputs and labels.*image"),
    ],
)
def test_sets_that_cannot_be_used(name, words, folder):
    name = name if isinstance(name, str) else name(folder)
    with pytest.raises(InputError, match=words):
        read(name, folder, 4, 4, 1)


@pytest.mark.quick("test")
@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_split_is_given_once(split, data_dir):
    options = Options(data_dir=str(data_dir))
    pair = np.ones((2, 8, 8, 1)), [0, 1]
    for given in (
        {"train": "digits", split: pair},
        {"train": pair, split: "digits"},
    ):
        with pytest.raises(InputError, match=f"`{split}` is given twice"):
            find_arrays(network(8, 8, 1), given, options)
