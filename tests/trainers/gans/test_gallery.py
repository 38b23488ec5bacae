"""What the pictures of a run show."""

import numpy as np
import pytest

from normzoo.configs import digits_dcgan
from normzoo.trainers.data import loading
from normzoo.trainers.gans import inputs
from normzoo.trainers.gans.gallery import Gallery


@pytest.fixture
def config(data_dir):
    config = digits_dcgan.get_config()
    config.dataset.data_dir = str(data_dir)
    return config


def gallery(config):
    """Returns a `Gallery` of images as bright as their class, and its data."""
    data = loading.load_data(config)

    def make(generator, given):
        del generator
        asked.append(given)
        labels = given[1] if config.conditional else np.zeros(len(given))
        return np.broadcast_to(
            labels[:, None, None, None] / 9 * 2 - 1, (len(labels), 8, 8, 1)
        )

    asked = []
    return Gallery(config, data, make), data, asked


def test_a_row_has_one_class_and_a_column_the_same_noise(config):
    config.conditional = True
    drawn, _, asked = gallery(config)
    assert drawn.title == "fixed noise, one class per row"
    picture = np.asarray(drawn.samples(None, "fixed"))
    noise, labels = asked[0]
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels.reshape(10, 8).T, [range(10)] * 8)
    for row in noise.reshape(10, 8, -1):
        np.testing.assert_array_equal(row, noise[:8])
    # Images of 32 pixels and a line around each.
    assert picture.shape == (10 * 34, 8 * 34)
    rows = picture.reshape(10, 34, 8, 34)[:, 1:33, :, 1:33]
    for brightness, row in zip(np.arange(10) / 9 * 255, rows, strict=True):
        np.testing.assert_allclose(row, brightness, atol=1)


def test_real_examples_have_the_classes_of_the_rows(config):
    config.conditional = True
    drawn, data, _ = gallery(config)
    shown = np.asarray(drawn.real()).reshape(10, 34, 8, 34)[:, 1:33, :, 1:33]
    small = shown[:, ::4, :, ::4]
    for label in range(10):
        images = data.test.inputs[data.test.labels == label][:8, ..., 0]
        np.testing.assert_array_equal(small[label].swapaxes(0, 1), images)


def test_without_classes_a_picture_is_a_square(config):
    drawn, _, asked = gallery(config)
    assert drawn.title == "fixed noise"
    assert drawn.samples(None, "fixed").size == (8 * 34, 8 * 34)
    assert asked[0].shape == (64, 32)
    assert drawn.real().size == (8 * 34, 8 * 34)


def test_many_classes_are_shown_evenly():
    assert list(inputs.shown_classes(3)) == [0, 1, 2]
    assert list(inputs.shown_classes(1000)) == list(range(0, 1000, 111))


def test_classes_are_drawn_as_often_as_in_training(config):
    config.conditional = True
    data = loading.load_data(config)
    data = data._replace(
        train=data.train.taken(np.flatnonzero(data.train.labels < 2))
    )
    noise, labels = inputs.drawn_inputs(config, data, 3, "statistics", 400)
    share = np.mean(data.train.labels == 1)
    assert abs(np.mean(labels == 1) - share) < 4 * np.sqrt(0.25 / 400)
    assert set(labels) == {0, 1}
    again = inputs.drawn_inputs(config, data, 3, "statistics", 400)
    np.testing.assert_array_equal(labels, again[1])
    config.conditional = False
    plain = inputs.drawn_inputs(config, data, 3, "statistics", 400)
    np.testing.assert_array_equal(plain, noise)
