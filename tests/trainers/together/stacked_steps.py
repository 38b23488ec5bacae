"""One training step of several models: each alone, and all of them stacked."""

import keras
import numpy as np
import tensorflow as tf

from normzoo.trainers.together.vectorizing import vectorized


def spread(models, seed=0):
    """Gives the models weights of their own, away from where they start."""
    rng = np.random.default_rng(seed)
    for model in models:
        for variable in model.trainable_variables:
            noise = rng.normal(0, 0.3, variable.shape)
            variable.assign(variable.numpy() + noise)


def build(model, batch):
    """Makes the variables that a first step would make."""
    x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
    predictions = model(x)
    model.compute_loss(x, y, predictions, weights, training=True)
    model.compute_metrics(x, y, predictions, weights)
    for metric in model.metrics:
        metric.reset_state()


def alone(model, batch):
    """Returns gradients, new states and predictions, and takes no step."""
    x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
    with tf.GradientTape() as tape:
        predictions = model(x, training=True)
        loss = model.compute_loss(x, y, predictions, weights, training=True)
    gradients = tape.gradient(loss, model.trainable_variables)
    model.compute_metrics(x, y, predictions, weights)
    states = [v.value for v in _states(model)]
    gradients = [tf.convert_to_tensor(g) for g in gradients]
    return tf.nest.map_structure(
        lambda value: value.numpy(), (loss, predictions, gradients, states)
    )


def stacked(models, batches, jit_compile=False):
    """Returns what `alone` does, of all models stacked along a first axis."""
    model = models[0]

    def one(elements):
        weights, states, batch = elements
        pairs = [
            *zip(model.trainable_variables, weights, strict=True),
            *zip(_states(model), states, strict=True),
        ]
        x, y, sample_weights = keras.utils.unpack_x_y_sample_weight(batch)
        with keras.StatelessScope(pairs, collect_losses=True) as scope:
            with tf.GradientTape() as tape:
                tape.watch(weights)
                predictions = model(x, training=True)
                loss = model.compute_loss(
                    x, y, predictions, sample_weights, training=True
                )
            gradients = tape.gradient(loss, weights)
            model.compute_metrics(x, y, predictions, sample_weights)
            new = [scope.get_current_value(v) for v in _states(model)]
        gradients = [tf.convert_to_tensor(g) for g in gradients]
        return loss, predictions, gradients, new

    @tf.function(jit_compile=jit_compile, autograph=False)
    def run(*elements):
        return vectorized(model, one, elements)

    elements = (
        _stack([[v.value for v in m.trainable_variables] for m in models]),
        _stack([[v.value for v in _states(m)] for m in models]),
        _stack(batches),
    )
    return tf.nest.map_structure(lambda v: v.numpy(), run(*elements))


def _states(model):
    return [*model.non_trainable_variables, *model.metrics_variables]


def _stack(structures):
    return tf.nest.map_structure(lambda *each: tf.stack(each), *structures)
