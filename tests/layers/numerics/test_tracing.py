"""Graphs of equal code, one for each of many objects."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.layers import BatchNormalization, reestimate_statistics
from normzoo.layers.numerics.tracing import graph_of

MANY = 6  # TensorFlow warns of the fifth


def double(make):
    def function(x):
        return {"twice": 2 * x[0]}

    return make(function)


def test_many_graphs_are_no_warning(tensorflow_logs):
    x = np.ones(3, np.float32)
    for _ in range(MANY):
        np.testing.assert_array_equal(double(graph_of)([x])["twice"], 2 * x)
    assert not tensorflow_logs
    for _ in range(MANY):
        double(tf.function)([x])
    assert "retracing" in tensorflow_logs[0]


@pytest.mark.slow
@pytest.mark.parametrize("layerwise", [True, False])
def test_many_models_are_no_warning(layerwise, tensorflow_logs):
    x = np.random.default_rng(0).normal(size=(9, 2)).astype("float32")
    for _ in range(MANY):
        norm = BatchNormalization()
        model = keras.Sequential([keras.Input((2,)), norm])
        reestimate_statistics(
            model, x, batch_size=4, layerwise=layerwise, verbose=0
        )
        np.testing.assert_allclose(norm.moving_mean.numpy(), x.mean(0), 1e-5)
    assert not tensorflow_logs
