"""Three gray images as one of three colors."""

import numpy as np
import pytest

from normzoo.configs import default
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import loading, stacked


@pytest.fixture
def config(data_dir):
    config = default.get_config()
    config.dataset.name = "stacked_digits"
    config.dataset.data_dir = str(data_dir)
    return config


def test_each_color_is_an_image_of_its_class(config):
    data = loading.load_data(config)
    assert data.counts == {
        "train": 50_000,
        "validation": 10_000,
        "test": 26_000,
    }
    assert data.input_shape == (8, 8, 3)
    assert data.num_classes == 1000
    assert data.bounds == (0, 1)
    config.dataset.name = "digits"
    digits = loading.load_data(config)
    for split in ("train", "validation", "test"):
        triples, one = getattr(data, split), getattr(digits, split)
        known = {
            image.tobytes(): label
            for image, label in zip(one.inputs, one.labels, strict=True)
        }
        for image, label in zip(
            triples.inputs[:200], triples.labels, strict=False
        ):
            parts = np.moveaxis(image, -1, 0)
            found = [known[np.ascontiguousarray(x).tobytes()] for x in parts]
            assert int("".join(map(str, found))) == label
        if split != "validation":
            assert len(np.unique(triples.labels)) == 1000


def test_runs_share_the_triples_and_seeds_draw_the_splits(config):
    data = loading.load_data(config)
    assert loading.load_data(config) is data
    config.dataset.split_seed = 3
    other = loading.load_data(config)
    np.testing.assert_array_equal(other.test.labels, data.test.labels)
    assert (other.train.inputs != data.train.inputs).any()


def test_channels_are_taken_apart_and_classes_joined():
    images = np.arange(2 * 4 * 4 * 3).reshape(2, 4, 4, 3)
    apart = stacked.channels_apart(images)
    assert apart.shape == (6, 4, 4, 1)
    np.testing.assert_array_equal(apart[4, ..., 0], images[1, ..., 1])
    joined = stacked.joined_classes([[1, 2, 3], [9, 9, 9]], 10)
    assert joined.tolist() == [123, 999]


BAD = {
    "view": ({"dataset.view": "rows"}, "Only images.*view='rows'"),
    "signals": (
        {"dataset.name": "stacked_breast_cancer"},
        "Only images.*signals",
    ),
    "unknown": ({"dataset.name": "stacked_digit"}, "Unknown.*'digit'"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_stacked_is_refused(config, name):
    overrides, message = BAD[name]
    config.update_from_flattened_dict(overrides)
    with pytest.raises(InputError, match=message):
        loading.load_data(config)


def test_colors_cannot_be_stacked(config):
    data = loading.load_data(config)
    with pytest.raises(InputError, match=r"Only gray.*3"):
        stacked.stack(data)
