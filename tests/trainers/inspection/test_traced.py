"""Functions of models as graphs."""

import gc
import weakref

import keras
import numpy as np

from normzoo.trainers.inspection.traced import traced

MANY = 6  # TensorFlow warns of the fifth


def outputs(model, x):
    return model(x)


def test_each_model_has_its_graph_as_long_as_it_lives(tensorflow_logs):
    x = np.ones((3, 2), np.float32)
    models = [
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        for _ in range(MANY)
    ]
    for model in models:
        assert traced(model, outputs) is traced(model, outputs)
        np.testing.assert_allclose(traced(model, outputs)(x), model(x), 1e-6)
    assert not tensorflow_logs
    reference = weakref.ref(models.pop())
    del model
    keras.utils.clear_session()
    gc.collect()
    assert reference() is None
