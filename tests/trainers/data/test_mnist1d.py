"""The data set of sequences: the published one, or words on what is missing."""

import random
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import datasets, loading, mnist1d, pipeline, views


@pytest.fixture(scope="module")
def published():
    data = pytest.importorskip("mnist1d.data")
    return data.make_dataset(data.get_dataset_args())


@pytest.mark.slow
def test_it_is_the_published_set(data_dir, published):
    data = tfds.load("mnist1d", data_dir=data_dir, batch_size=-1)
    data = tfds.as_numpy(data)
    for split, suffix in (("train", ""), ("test", "_test")):
        signals, labels = published[f"x{suffix}"], published[f"y{suffix}"]
        order = np.lexsort(signals.astype(np.float32).T)
        held = data[split]["signal"][..., 0]
        held_order = np.lexsort(held.T)
        np.testing.assert_array_equal(
            held[held_order], signals[order].astype(np.float32)
        )
        np.testing.assert_array_equal(
            data[split]["label"][held_order], labels[order]
        )


@pytest.mark.slow
def test_making_it_leaves_the_global_generators_alone(published):
    random.seed(5)
    np.random.seed(5)
    expected = random.random(), np.random.random()
    random.seed(5)
    np.random.seed(5)
    made = mnist1d._make()
    assert (random.random(), np.random.random()) == expected
    np.testing.assert_array_equal(made["x"], published["x"])


@pytest.mark.slow
def test_the_pipeline_keeps_the_signals(config, published):
    config.dataset.name = "mnist1d"
    config.dataset.train_split = "train"
    config.dataset.validation_split = "train[90%:]"
    data = loading.load_data(config)
    assert data.input_shape == (40, 1)
    assert not data.per_step
    batches = pipeline.evaluation_batches(data.test, 1000)
    ((signals, _),) = batches.as_numpy_iterator()
    assert signals.dtype == np.float32
    np.testing.assert_allclose(
        np.sort(signals, None), np.sort(published["x_test"], None), 1e-6
    )
    config.dataset.view = "permuted_pixels"
    permuted = loading.load_data(config).test.inputs
    order = views.permutation(40)
    np.testing.assert_array_equal(permuted, data.test.inputs[:, order])


def test_a_missing_package_is_named(config, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mnist1d.data", None)
    config.dataset.name = "mnist1d"
    config.dataset.data_dir = str(tmp_path)
    with pytest.raises(InputError, match="pip install mnist1d"):
        datasets.find_builder(config)
    assert not list(tmp_path.glob("mnist1d/*"))


@pytest.mark.slow
def test_signals_cannot_be_resized(config):
    pytest.importorskip("mnist1d")
    config.dataset.name = "mnist1d"
    config.dataset.image_size = 20
    with pytest.raises(InputError, match=r"no images.*image_size=20"):
        loading.load_data(config)
