"""Loss and gradient of a model at weights that it does not have."""

import tensorflow as tf

from ...layers.numerics.restoring import restored
from .gradients import cross_entropy
from .traced import traced


def loss_and_gradients(model, weights, examples, labels):
    """Returns the loss in training mode at other weights, and its gradients.

    The model is afterwards as it was. Where layers draw noise, each call draws
    the same.

    Args:
        model: a classifier with logits.
        weights: a tensor for each of its trainable weights.
        examples: a batch.
        labels: of the examples.

    Returns:
        The mean cross entropy, a float, and a tensor for each trainable
        weight.
    """
    # The state of the seeds is restored, too: that is why noise is the same.
    with restored(model.variables):
        for variable, weight in zip(
            model.trainable_weights, weights, strict=True
        ):
            variable.assign(weight)
        loss, gradients = traced(model, _differentiated)(examples, labels)
        return float(loss), gradients


def beginning_and_rate(model):
    """Returns copies of a model's trainable weights, and its learning rate."""
    weights = [w.value + 0 for w in model.trainable_weights]
    return weights, float(tf.convert_to_tensor(model.optimizer.learning_rate))


def _differentiated(model, examples, labels):
    values = [variable.value for variable in model.trainable_weights]
    with tf.GradientTape() as tape:
        loss = cross_entropy(labels, model(examples, training=True))
    return loss, tape.gradient(loss, values)
