"""Sums over few rows and over many, under XLA and without."""

import numpy as np
import pytest
import tensorflow as tf

from normzoo.layers.numerics.batch_scores import BatchScores


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "shape", [(1, 5), (3, 5), (32, 5), (2, 32, 5), (33, 5)]
)
def test_the_mean_over_the_batch(shape, dtype, jit_compile):
    x = np.random.default_rng(0).normal(3, 1, shape).astype(dtype)
    scores = BatchScores(epsilon=1e-3, dtype=dtype)
    mean = tf.function(scores.mean, jit_compile=jit_compile)(x)
    expected = x.astype("float64").mean(-2, keepdims=True)
    np.testing.assert_allclose(mean, expected, rtol=4 * np.finfo(dtype).eps)
