"""How smooth the loss is along its gradient."""

import math

import tensorflow as tf

from .at_weights import beginning_and_rate, loss_and_gradients
from .gradients import euclidean_norm

#: Lengths of the steps, in units of the learning rate.
STEPS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)


def landscape(model, examples, labels, config):
    """Returns how loss and gradient change along the step of plain SGD.

    From the current weights theta the steps are `theta - eta g`, with the
    loss's gradient g at theta and eta of 0.5 to 4 times the learning rate. All
    losses are in training mode, with the same noise where layers draw some.

    Args:
        model: a classifier with logits, compiled.
        examples: a batch.
        labels: of the examples.
        config: not used.

    Returns:
        `"loss"` and `"gradient_norm"` at theta; `"loss_range"`, the largest
        loss at the steps minus the smallest one; `"gradient_change"`, the
        largest norm of gradient minus g; and `"relative_change"`, that over
        the norm of g. NaN where a loss or a gradient is not finite.

    Reference: [Santurkar et al., 2018](https://arxiv.org/abs/1805.11604).
    """
    del config
    beginning, rate = beginning_and_rate(model)
    loss, gradients = loss_and_gradients(model, beginning, examples, labels)
    losses, changes = [], []
    for step in STEPS:
        weights = [
            weight - step * rate * gradient
            for weight, gradient in zip(beginning, gradients, strict=True)
        ]
        there, others = loss_and_gradients(model, weights, examples, labels)
        losses.append(there)
        changes.append(euclidean_norm(*map(tf.subtract, others, gradients)))
    length, change = euclidean_norm(*gradients), _largest(changes)
    return {
        "loss": loss,
        "gradient_norm": length,
        "loss_range": _largest(losses) - min(losses),
        "gradient_change": change,
        "relative_change": change / length if length else math.nan,
    }


def _largest(values):
    # max() may ignore a NaN that does not come first.
    return max(values) if all(map(math.isfinite, values)) else math.nan
