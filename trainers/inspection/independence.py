"""How much a layer's gradient changes when the layers before it move."""

import math

import tensorflow as tf

from .at_weights import beginning_and_rate, loss_and_gradients
from .gradients import euclidean_norm


def independence(model, examples, labels, config):
    """Returns how a layer's gradient depends on the step of those before it.

    This is how Santurkar et al. measure internal covariate shift. g is the
    loss's gradient to the kernels of a layer at the current weights, and h the
    same where all weights before the layer have taken a step of plain SGD:

        relative change = |h - g| / |g|,    cosine = <g, h> / (|g| |h|)

    A layer that learns independently of those before it has a change of 0 and
    a cosine of 1. All gradients are of one batch, in training mode, with the
    same noise where layers draw some.

    Args:
        model: a classifier with logits, compiled. Its weights are in the order
            of its layers; the scale and shift of a norm come before the next
            layer, as a bias does.
        examples: a batch.
        labels: of the examples.
        config: not used.

    Returns:
        `"loss"`, and of each layer with a kernel, but the first one:
        `"gradient_norm/PATH"`, the norm of g, `"relative_change/PATH"` and
        `"cosine/PATH"`. NaN where a gradient is 0 or not finite.

    Reference: [Santurkar et al., 2018](https://arxiv.org/abs/1805.11604).
    """
    del config
    weights, rate = beginning_and_rate(model)
    loss, gradients = loss_and_gradients(model, weights, examples, labels)
    stepped = [
        weight - rate * gradient
        for weight, gradient in zip(weights, gradients, strict=True)
    ]
    measured = {"loss": loss}
    _, *layers = _layers(model.trainable_weights).items()
    for path, (first, kernels) in layers:
        moved = [*stepped[:first], *weights[first:]]
        _, others = loss_and_gradients(model, moved, examples, labels)
        compared = _compared(
            [gradients[i] for i in kernels], [others[i] for i in kernels]
        )
        measured |= {f"{key}/{path}": value for key, value in compared.items()}
    return measured


def _layers(weights):
    """Returns layer -> place of its first weight, and places of its kernels."""
    firsts, kernels = {}, {}
    for place, weight in enumerate(weights):
        path = weight.path.rpartition("/")[0]
        firsts.setdefault(path, place)
        if "kernel" in weight.name:
            kernels.setdefault(path, []).append(place)
    return {path: (firsts[path], places) for path, places in kernels.items()}


def _compared(gradients, others):
    size, other = euclidean_norm(*gradients), euclidean_norm(*others)
    change = euclidean_norm(*map(tf.subtract, others, gradients))
    product = size * other
    return {
        "gradient_norm": size,
        "relative_change": change / size if size else math.nan,
        "cosine": _dot(gradients, others) / product if product else math.nan,
    }


def _dot(ones, others):
    products = (
        tf.reduce_sum(tf.cast(a, tf.float64) * tf.cast(b, tf.float64))
        for a, b in zip(ones, others, strict=True)
    )
    return float(sum(products))
