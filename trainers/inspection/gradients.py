"""How large gradients and weights are, layer by layer."""

import keras
import tensorflow as tf

from .magnitudes import sum_of_squares
from .traced import traced


def layer_gradients(model, examples, labels, config):
    """Returns the norms of the kernels and of the loss's gradients to them.

    The gradient is that of the mean cross entropy in training mode.

    Args:
        model: a classifier with logits.
        examples: a batch.
        labels: of the examples.
        config: not used.

    Returns:
        `"weight_norm/PATH"` and `"gradient_norm/PATH"` of each kernel, from
        the first layer to the last; `"logits"`, the root mean square of the
        outputs; and `"loss"`.
    """
    del config
    found = traced(model, _measured)(examples, labels)
    return {name: float(value) for name, value in found.items()}


def _measured(model, examples, labels):
    kernels = [w for w in model.trainable_weights if "kernel" in w.name]
    values = [kernel.value for kernel in kernels]
    with tf.GradientTape() as tape:
        logits = model(examples, training=True)
        loss = cross_entropy(labels, logits)
    measured = {"logits": tf.sqrt(tf.reduce_mean(logits**2)), "loss": loss}
    gradients = tape.gradient(loss, values)
    for kernel, value, gradient in zip(kernels, values, gradients, strict=True):
        measured[f"weight_norm/{kernel.path}"] = _norm(value)
        measured[f"gradient_norm/{kernel.path}"] = _norm(gradient)
    return measured


def euclidean_norm(*tensors):
    """Returns the Euclidean norm of all tensors' elements together."""
    return float(_norm(*tensors))


def _norm(*tensors):
    return tf.sqrt(sum(map(sum_of_squares, tensors)))


def cross_entropy(labels, logits):
    """Returns the mean cross entropy, over the steps of a text as well."""
    losses = keras.losses.sparse_categorical_crossentropy(
        labels, logits, from_logits=True
    )
    return tf.reduce_mean(losses)
