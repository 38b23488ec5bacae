"""Images as sequences, and their pooling."""

import hashlib

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from normzoo.trainers import classify
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import loading, views

from . import prepared

#: The stored permutations; a change would be another experiment.
DIGESTS = {40: "f7e0db8fc4349a45", 64: "fa1c7d3386f8b914"}
DIGESTS |= {784: "b6e8ba73d2692340"}


@hypothesis.settings(max_examples=15, deadline=None)
@hypothesis.given(
    shape=st.tuples(*[st.integers(1, 5)] * 4), seed=st.integers(0, 99)
)
def test_views_by_definition(shape, seed):
    images = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    count, height, width, channels = shape
    rows, pixels = views.rows(images), views.pixels(images)
    assert rows.shape == (count, height, width * channels)
    assert pixels.shape == (count, height * width, channels)
    order = views.permutation(height * width)
    permuted = views.permuted_pixels(images)
    for n, y, x, c in np.ndindex(*shape):
        step = y * width + x
        assert rows[n, y, x * channels + c] == images[n, y, x, c]
        assert pixels[n, step, c] == images[n, y, x, c]
        place = list(order).index(step)
        assert permuted[n, place, c] == images[n, y, x, c]


@pytest.mark.parametrize("count", DIGESTS)
def test_the_permutation_is_fixed(count):
    order = views.permutation(count)
    digest = hashlib.sha256(order.astype("<i8").tobytes()).hexdigest()
    assert digest[:16] == DIGESTS[count]
    assert sorted(order) == list(range(count))
    assert np.mean(order == np.arange(count)) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view", "size", "pooling", "shape"),
    [
        ("", 0, 1, (8, 8, 1)),
        ("rows", 0, 1, (8, 8)),
        ("pixels", 0, 1, (64, 1)),
        ("permuted_pixels", 0, 2, (16, 1)),
        ("rows", 12, 4, (3, 3)),
    ],
)
def test_digits_as_sequences(config, view, size, pooling, shape):
    config.dataset.view = view
    config.dataset.image_size = size
    config.dataset.pooling = pooling
    data = loading.load_data(config)
    assert data.input_shape == shape
    assert data.train.inputs.dtype == np.uint8
    assert loading.load_data(config) is data


@prepared.needs("mnist")
@pytest.mark.parametrize(
    ("view", "pooling", "shape"),
    [("rows", 1, (28, 28)), ("pixels", 4, (49, 1))],
)
def test_mnist_as_sequences(config, view, pooling, shape):
    config.dataset.name = "mnist"
    config.dataset.data_dir = str(prepared.FOLDER)
    config.dataset.train_split = "test[:80]"
    config.dataset.validation_split = "test[80:90]"
    config.dataset.test_split = "test[90:99]"
    config.dataset.view = view
    config.dataset.pooling = pooling
    data = loading.load_data(config)
    assert data.input_shape == shape
    assert len(data.test.labels) == 9


def test_the_view_of_the_digits(config):
    images = loading.load_data(config).test.inputs
    config.dataset.view = "permuted_pixels"
    permuted = loading.load_data(config).test.inputs
    expected = images.reshape(-1, 64, 1)[:, views.permutation(64)]
    np.testing.assert_array_equal(permuted, expected)


def test_pooling_is_the_rounded_mean():
    image = np.array([[0, 3, 255, 255], [1, 2, 255, 254]], np.uint8)
    pooled = views.pool(image.reshape(1, 2, 4, 1), 2)
    np.testing.assert_array_equal(pooled.ravel(), [2, 255])
    assert pooled.dtype == np.uint8


@pytest.mark.slow
def test_a_recurrent_network_trains_on_rows(config, tmp_path):
    config.dataset.view = "rows"
    config.model = {
        "name": "stacked_rnn",
        "cell": "simple",
        "units": (16,),
        "norm": "batch",
    }
    config.optimizer.name, config.optimizer.momentum = "adam", 0.0
    config.optimizer.learning_rate = 1e-2
    result = classify.train(config, tmp_path, verbose=0)
    assert result["test_loss"] < 1.8  # chance is 2.3


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("view", "columns", "'columns'.*rows, pixels, permuted_pixels, spread"),
        ("pooling", 3, "8 and 8. Received: 3"),
        ("pooling", 0, "Received: 0"),
    ],
)
def test_what_cannot_be_viewed_is_refused(config, key, value, message):
    config.dataset[key] = value
    with pytest.raises(InputError, match=message):
        loading.load_data(config)
