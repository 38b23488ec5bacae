"""The state of a model, made in public ways, is what Keras makes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.run.state import build_state, variables_of

SPEC = (tf.TensorSpec([None, 4]), tf.TensorSpec([None], tf.int64))


def loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def classifier(metrics=("accuracy",)):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, kernel_initializer="ones"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
        ]
    )
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())
    model.compile(optimizer, loss(), metrics=list(metrics))
    return model


def two_heads():
    inputs = keras.Input((4,))
    dense = keras.layers.Dense
    heads = [dense(3, "relu", kernel_initializer="ones")(inputs) for _ in "ab"]
    model = keras.Model(inputs, heads)
    model.compile("adam", [loss(), loss()], metrics=["accuracy", "accuracy"])
    return model


def without_weights():
    """Returns a classifier that is built by its first batch."""
    model = keras.Sequential([keras.layers.Dense(3, kernel_initializer="ones")])
    model.compile("adam", loss())
    return model


MODELS = {
    "no weights": (without_weights, SPEC),
    "a classifier": (classifier, SPEC),
    "no metrics": (lambda: classifier(()), SPEC),
    "sample weights": (classifier, (*SPEC, tf.TensorSpec([None]))),
    "a batch": (classifier, (np.ones((2, 4), "float32"), np.array([0, 1]))),
    "two heads": (two_heads, (SPEC[0], (SPEC[1], SPEC[1]))),
}


def state(model):
    """Returns the type and value of each variable, in checkpoints' order."""
    return {
        name: [(v.dtype, v.numpy().tolist()) for v in group]
        for name, group in variables_of(model).items()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "replicas"),
    [*((name, 1) for name in MODELS), ("a classifier", 2), ("two heads", 2)],
)
def test_the_state_is_what_keras_makes(name, replicas, two_replicas):
    make, batch = MODELS[name]
    strategy = two_replicas if replicas == 2 else tf.distribute.get_strategy()
    with strategy.scope():
        ours, theirs = make(), make()
        theirs._symbolic_build(data_batch=batch)
    build_state(ours, batch)
    assert state(ours) == state(theirs)
    build_state(ours, batch)  # changes nothing
    assert state(ours) == state(theirs)


def test_the_state_stays_after_a_step():
    model = classifier()
    build_state(model, SPEC)
    before = state(model)
    model.train_on_batch(np.ones((2, 4), "float32"), np.array([0, 1]))
    after = state(model)
    assert {k: len(v) for k, v in after.items()} == {
        k: len(v) for k, v in before.items()
    }
    assert after["metrics"] != before["metrics"]
