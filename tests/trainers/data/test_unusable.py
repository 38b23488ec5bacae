"""Data that cannot be trained with: damage, and what is only called so."""

import os
import pathlib
import shutil

import numpy as np
import pytest

from normzoo.trainers import classify
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import datasets, loading, reading

from . import made
from .made import CLASSES, FEATURES, with_data


def refused(config, workdir, message):
    with pytest.raises(InputError, match=message) as caught:
        classify.train(config, workdir, verbose=0)
    assert not workdir.exists()
    return str(caught.value)


def tensor(dtype, shape=(4, 4, 1), value=0):
    """Returns a feature and a function that makes the i-th array."""

    def array(i):
        pixels = np.zeros([n or 4 for n in shape], dtype)
        if i == 3 and value:
            pixels[1, 2] = value
        return pixels

    return FEATURES.Tensor(shape=shape, dtype=dtype), array


def pair(i):
    return dict.fromkeys(("left", "right"), np.zeros((4, 4, 1), np.uint8))


ONE = FEATURES.Image(shape=(4, 4, 1))
NAN, INF = float("nan"), float("inf")

#: Features of images and labels with what makes them, and what the error says.
IMAGES = {
    "nan_pixel": (tensor(np.float32, value=NAN), None, "finite.*example 3"),
    "inf_pixel": (tensor(np.float32, value=INF), None, "finite.*example 3"),
    "too_large": (tensor(np.float64, value=1e300), None, "finite.*example 3"),
    "unused_int": (
        tensor(np.int32, value=255),
        None,
        "int32.*2147483647.*reach only 255",
    ),
    "unused_word": (
        tensor(np.uint16, value=255),
        None,
        "65535.*reach only 255",
    ),
    "negative": (tensor(np.int16, value=-7), None, "int16.*down to -7"),
    "words": (
        (
            FEATURES.Tensor(shape=(2, 2), dtype=np.str_),
            lambda i: [["a"] * 2] * 2,
        ),
        None,
        r"'image'.*\(2, 2\) and type string.*Expected: one image",
    ),
    "stereo": (
        (FEATURES.FeaturesDict({"left": ONE, "right": ONE}), pair),
        None,
        "is several: left, right.*one image",
    ),
    "video": (
        (
            FEATURES.Video((3, 4, 4, 1)),
            lambda i: np.zeros((3, 4, 4, 1), "uint8"),
        ),
        None,
        r"shape \(3, 4, 4, 1\).*one image",
    ),
    "album": (
        (FEATURES.Sequence(ONE), lambda i: np.zeros((i, 4, 4, 1), np.uint8)),
        None,
        r"shape \(None, 4, 4, 1\).*one image",
    ),
    "any_channels": (
        (
            FEATURES.Image(shape=(4, 4, None)),
            lambda i: np.zeros((4, 4, 1 + 2 * (i % 2)), np.uint8),
        ),
        None,
        r"\(4, 4, None\).*channels known",
    ),
    "vector": (tensor(np.uint8, (4,)), None, r"shape \(4,\).*one image"),
    "text_label": (None, (FEATURES.Text(), str), "ClassLabel"),
    "number_label": (None, (FEATURES.Scalar(np.int64), int), "ClassLabel"),
    "no_label": (None, (CLASSES, lambda i: -1), "from -1 to -1.*0 to 1"),
    "one_class": (
        None,
        (FEATURES.ClassLabel(num_classes=1), lambda i: 0),
        "of one class.*nothing to learn",
    ),
    "all_sizes": (
        (FEATURES.Image(shape=(None, None, 1)), tensor(np.uint8)[1]),
        None,
        "differ in size.*image_size",
    ),
}


@pytest.mark.parametrize("name", IMAGES)
def test_images(config, name, tmp_path):
    image, labels, message = IMAGES[name]
    made.prepare_images(name, tmp_path, *(image or (None, None)), labels)
    said = refused(with_data(config, name, tmp_path), tmp_path / "run", message)
    assert "damaged" not in said


#: Features without labels of images, an example, and what the error says.
OTHERS = {
    "lengths": (
        {"signal": FEATURES.Tensor(shape=(None, 1), dtype=np.float32)},
        lambda i: {"signal": np.zeros((i, 1), np.float32)},
        r"'signal'.*\(None, 1\).*pad signals",
    ),
    "two_signals": (
        {"signal": FEATURES.FeaturesDict({"x": np.float32, "y": np.float32})},
        lambda i: {"signal": {"x": 0.0, "y": 1.0}},
        "is several: x, y",
    ),
    "languages": (
        {"text": FEATURES.Translation(["de", "en"])},
        lambda i: {"text": {"de": "ja", "en": "yes"}},
        "is several: de, en.*one text",
    ),
    "latin": (
        {"text": FEATURES.Text()},
        lambda i: {"text": "naïve ".encode("latin-1")},
        "'train.*not in UTF-8, first at byte 2.*Convert",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_signals_and_texts(config, name, tmp_path):
    features, example, message = OTHERS[name]
    if "signal" in features:
        features = {**features, "label": CLASSES}
        made.prepare(
            name, features, lambda i: {**example(i), "label": 0}, tmp_path
        )
    else:
        made.prepare(name, features, example, tmp_path)
    config.dataset.validation_split = "test"
    said = refused(with_data(config, name, tmp_path), tmp_path / "run", message)
    assert "damaged" not in said


@pytest.fixture(scope="module")
def fine(tmp_path_factory):
    """A folder with a data set that can be used."""
    folder = tmp_path_factory.mktemp("fine")
    made.prepare_images("fine_data", folder)
    return folder


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def empty(path):
    os.truncate(path, 0)


def flip(path):
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 0xFF
    path.write_bytes(held)


def replaced(old, new):
    def replace(path):
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return replace


TRAIN = "fine_data-train.tfrecord-00000-of-00001"
TEST = "fine_data-test.tfrecord-00000-of-00001"
DAMAGE = {
    "cut records": (
        TRAIN,
        cut,
        "Records.*damaged: .*contained only",
    ),
    "changed records": (
        TRAIN,
        flip,
        "Records.*damaged: corrupted record",
    ),
    "empty records": (TRAIN, empty, "Records.*damaged"),
    "no records": (TEST, pathlib.Path.unlink, "Records.*damaged.*No such file"),
    "cut info": ("dataset_info.json", cut, "damaged"),
    "other info": (
        "dataset_info.json",
        lambda path: path.write_text("{}"),
        "version do not match",
    ),
    "cut features": ("features.json", cut, "damaged"),
    "no features": ("features.json", pathlib.Path.unlink, "damaged"),
    "no info": ("dataset_info.json", pathlib.Path.unlink, "not prepared"),
    "labels": (
        "features.json",
        replaced('"numClasses": "2"', '"numClasses": "1"'),
        "labels from 0 to 1",
    ),
    "other sizes": (
        "features.json",
        replaced('"4"', '"5"'),
        "not what its features.json says",
    ),
    "other names": (
        "features.json",
        replaced('"label"', '"level"'),
        "has the features.*level.*expected",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_data(config, fine, name, tmp_path):
    file, damage, message = DAMAGE[name]
    shutil.copytree(fine, tmp_path / "data")
    damage(tmp_path / "data/fine_data/1.0.0" / file)
    config = with_data(config, "fine_data", tmp_path / "data")
    refused(config, tmp_path / "run", message)


@pytest.mark.slow
def test_undamaged_data(config, fine, tmp_path):
    """The other tests' data, as it should be."""
    config = with_data(config, "fine_data", fine)
    assert classify.train(config, tmp_path, verbose=0)["steps"] == 4


def test_an_embedded_set_without_its_description(config, tmp_path):
    config.dataset.data_dir = str(tmp_path)
    folder = datasets.find_builder(config).data_path
    (folder / "dataset_info.json").unlink()
    with pytest.raises(InputError, match=f"{folder}: .*Remove the folder"):
        loading.load_data(config)


#: Overrides that name no data set, which is no damage.
MISTAKES = {
    "version": ({"dataset.name": "digits:9.9.9"}, "only: 1.0.0"),
    "variant": ({"dataset.name": "digits/large"}, "large"),
    "option": ({"dataset.name": "digits/a=3"}, "argument 'a'"),
    "path": ({"dataset.name": "../digits"}, "../digits"),
    "zero byte": ({"dataset.data_dir": "a\0b"}, "null byte"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_not_called_damage(config, name):
    overrides, message = MISTAKES[name]
    config.update_from_flattened_dict(overrides)
    with pytest.raises(InputError, match=message) as caught:
        loading.load_data(config)
    assert "damage" not in str(caught.value)
    assert "dataset.name" in str(caught.value)


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), reading.records("folder"):
        1 / 0  # noqa: B018
