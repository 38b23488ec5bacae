"""Standardized inputs, and those of many scales."""

import numpy as np
import pytest

from normzoo.trainers.data import loading, views
from normzoo.trainers.data.scaling import seen


def standardized(data, split):
    """Returns the inputs of a split, by the definition in float64."""
    train = seen(data.train.inputs).astype(float)
    inputs = seen(getattr(data, split).inputs).astype(float)
    deviation = train.std(0)
    deviation[train.max(0) == train.min(0)] = 1.0
    return (inputs - train.mean(0)) / deviation


@pytest.mark.quick("-1--digits", "-1-spread-breast_cancer", "3-spread-digits")
@pytest.mark.parametrize("name", ["digits", "breast_cancer"])
@pytest.mark.parametrize("view", ["", "spread"])
@pytest.mark.parametrize("split_seed", [-1, 3])
def test_the_training_split_standardizes_all(config, name, view, split_seed):
    config.dataset.update(name=name, view=view, split_seed=split_seed)
    plain = loading.load_data(config)
    config.dataset.standardize = True
    data = loading.load_data(config)
    for split in ("train", "validation", "test"):
        found, expected = getattr(data, split), standardized(plain, split)
        assert found.inputs.dtype == np.float32
        np.testing.assert_allclose(found.inputs, expected, 1e-4, 1e-4)
        np.testing.assert_array_equal(
            found.labels, getattr(plain, split).labels
        )
    assert data.bounds is None
    assert data.input_shape == plain.input_shape
    test = loading.load_for_testing(config).test
    np.testing.assert_array_equal(test.inputs, data.test.inputs)
    assert loading.load_data(config) is data


def test_scales_do_not_matter_any_more(config):
    config.dataset.standardize = True
    plain = loading.load_data(config).test.inputs
    config.dataset.view = "spread"
    spread = loading.load_data(config).test.inputs
    np.testing.assert_allclose(spread, plain, 1e-4, 1e-4)


@pytest.mark.parametrize("shape", [(5,), (40, 1), (8, 8, 1)])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_each_value_has_a_scale_of_its_own(shape, dtype):
    images = np.full((2, *shape), 51, np.uint8)
    inputs = images if dtype == "uint8" else seen(images)
    found = views.spread(inputs)
    assert found.shape == inputs.shape
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0], found[1])
    factors = np.sort(found[0].ravel()) / 0.2
    np.testing.assert_allclose(factors[[0, -1]], [0.01, 100], 1e-5)
    np.testing.assert_allclose(
        np.diff(np.log10(factors)), 4 / (factors.size - 1), 1e-3
    )
    assert (np.diff(found[0].ravel()) < 0).any()  # in another order
