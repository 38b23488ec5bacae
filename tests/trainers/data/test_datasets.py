"""Any TFDS image-classification set, and clear words for what cannot be."""

import types

import numpy as np
import pytest
import tensorflow_datasets as tfds

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import datasets, features

from . import prepared


def test_the_embedded_set_is_prepared_on_demand(config, tmp_path):
    config.dataset.data_dir = str(tmp_path)
    assert datasets.find_builder(config).is_prepared()


@prepared.needs("mnist")
def test_a_set_without_validation_split_holds_a_tenth_out(config):
    config.dataset.name = "mnist"
    config.dataset.data_dir = str(prepared.FOLDER)
    builder = datasets.find_builder(config)
    splits = datasets.find_splits(builder, config.dataset)
    assert splits == {
        "train": "train[:90%]",
        "validation": "train[90%:]",
        "test": "test",
    }


def test_splits_of_the_config_come_first(config):
    config.dataset.train_split = "train[:50%]"
    builder = datasets.find_builder(config)
    splits = datasets.find_splits(builder, config.dataset)
    assert splits["train"] == "train[:50%]"
    assert splits["test"] == "test"


def test_an_unprepared_set_is_not_downloaded(config, monkeypatch, tmp_path):
    monkeypatch.setattr(
        tfds.core.DatasetBuilder,
        "download_and_prepare",
        lambda *_, **__: pytest.fail("tried the network"),
    )
    config.dataset.name = "mnist"
    config.dataset.data_dir = str(tmp_path)
    command = rf"tfds build mnist --data_dir={tmp_path}.*download=True"
    with pytest.raises(InputError, match=command):
        datasets.find_builder(config)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", "mnits", "'mnits'.*Did you mean: mnist"),
        ("name", "qqqqq", "'qqqqq'. Expected"),
        ("train_split", "training", "no split 'training'.*train, validation"),
        ("test_split", "test[:0]", "empty.*test_split"),
        ("data_dir", "/proc/nowhere", "/proc/nowhere.*data_dir=DIR"),
    ],
)
def test_what_cannot_be_used_is_named(config, key, value, message):
    config.dataset[key] = value
    with pytest.raises(InputError, match=message):
        datasets.find_splits(datasets.find_builder(config), config.dataset)


def builder(names):
    known = {
        "image": tfds.features.Image(),
        "signal": tfds.features.Tensor(shape=(5, 1), dtype=np.float32),
        "text": tfds.features.Text(),
        "label": tfds.features.ClassLabel(num_classes=2),
    }
    features = {name: known.get(name) for name in names}
    info = types.SimpleNamespace(features=features)
    return types.SimpleNamespace(name="a set", info=info)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("label", "image", "id"), "image"),
        (("signal", "label"), "signal"),
        (("text",), "text"),
        (("text", "label"), "text"),
    ],
)
def test_what_models_see(names, expected):
    assert features.input_feature(builder(names)) == expected


@pytest.mark.parametrize("names", [("image",), ("video", "label")])
def test_sets_of_other_things_are_refused(names):
    with pytest.raises(InputError, match=f"has the features {names[0]}"):
        features.input_feature(builder(names))
