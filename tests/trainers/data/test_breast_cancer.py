"""The embedded table."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from sklearn.datasets import load_breast_cancer

from normzoo.trainers.data import loading

SIZES = {"train": 287, "validation": 94, "test": 188}


def test_every_tumor_is_in_one_split(data_dir):
    data = tfds.load("breast_cancer", data_dir=data_dir, batch_size=-1)
    data = tfds.as_numpy(data)
    assert {name: len(s["label"]) for name, s in data.items()} == SIZES
    table = np.concatenate(
        [np.c_[s["signal"], s["label"]] for s in data.values()]
    )
    tumors = load_breast_cancer()
    expected = np.c_[tumors.data.astype(np.float32), tumors.target]
    np.testing.assert_array_equal(
        table[np.lexsort(table.T)], expected[np.lexsort(expected.T)]
    )


@pytest.mark.parametrize("name", SIZES)
def test_splits_are_stratified(name, data_dir):
    labels = tfds.load(
        "breast_cancer", data_dir=data_dir, split=name, batch_size=-1
    )["label"]
    counts = np.bincount(labels, minlength=2)
    shares = np.bincount(load_breast_cancer().target) / 569
    np.testing.assert_allclose(counts, shares * SIZES[name], atol=1.5)


def test_its_scales_are_those_of_its_units(config):
    config.dataset.name = "breast_cancer"
    data = loading.load_data(config)
    assert data.input_shape == (30,)
    assert data.num_classes == 2
    means = data.train.inputs.mean(0)
    assert means.min() < 0.01
    assert means.max() > 500
