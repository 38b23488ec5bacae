"""Moments of parts, together."""

import numpy as np
import pytest
import tensorflow as tf

from normzoo.layers.numerics.pooling import merge, pool, pool_groups


@pytest.fixture
def values():
    # Far from zero: a difference of squares would lose the variance.
    return np.random.default_rng(0).normal(1000, 0.1, (4, 6, 5))


def moments(x, axes, mask):
    """Returns mean, variance and count of what counts, in float64."""
    count = mask.sum(axes, keepdims=True)
    least = np.maximum(count, 1)
    mean = np.where(mask, x, 0).sum(axes, keepdims=True) / least
    squares = np.where(mask, (x - mean) ** 2, 0)
    return mean, squares.sum(axes, keepdims=True) / least, count * 1.0


def mask_of(values, part):
    """Returns what counts: parts of different sizes, the given one empty."""
    mask = np.random.default_rng(1).random(values.shape) < 0.6
    mask[part] = False
    return mask


@pytest.mark.parametrize("empty", [[], [0], [3], slice(None)], ids=str)
def test_pool(values, empty):
    mask = mask_of(values, empty)
    parts = [tf.constant(m) for m in moments(values, 1, mask)]
    for actual, expected in zip(
        pool(*parts, axis=0), moments(values, (0, 1), mask), strict=True
    ):
        np.testing.assert_allclose(actual, expected, 1e-9)


def test_pool_of_equal_counts(values):
    mask = np.ones_like(values, bool)
    mean, variance, _ = (tf.constant(m) for m in moments(values, 1, mask))
    expected = moments(values, (0, 1), mask)
    actual = pool(mean, variance, None, 0)
    for a, b in zip(actual[:2], expected[:2], strict=True):
        np.testing.assert_allclose(a, b, 1e-9)
    assert actual[2] == 4


@pytest.mark.parametrize("empty", [[], [0], [1], slice(None)], ids=str)
def test_merge(values, empty):
    values = values[:2]
    mask = mask_of(values, empty)
    one, other = (
        [tf.constant(m) for m in moments(values[i], 0, mask[i])]
        for i in range(2)
    )
    expected = moments(values, (0, 1), mask)
    for a, b in zip(merge(one, other), expected, strict=True):
        np.testing.assert_allclose(a, b[0], 1e-9)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_pool_groups(values, groups):
    mask = np.ones_like(values, bool)
    mean, variance, _ = (tf.constant(m) for m in moments(values, 2, mask))
    split = values.reshape(4, groups, 30 // groups)
    expected = split.mean(2), split.var(2)
    for actual, value in zip(
        pool_groups(mean, variance, 1, groups), expected, strict=True
    ):
        whole = np.broadcast_to(actual, mean.shape)[..., 0]
        each = np.repeat(value, 6 // groups, 1)
        np.testing.assert_allclose(whole, each, 1e-9)
