"""How smooth the loss is along its gradient."""

import math
import weakref

import tensorflow as tf

from ...layers.numerics.restoring import restored
from .gradients import cross_entropy, euclidean_norm

#: Model -> its traced function, as long as the model lives.
_FUNCTIONS = weakref.WeakKeyDictionary()

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
    beginning = [w.value + 0 for w in model.trainable_weights]
    rate = float(tf.convert_to_tensor(model.optimizer.learning_rate))
    loss, gradients = _loss_and_gradients(model, beginning, examples, labels)
    losses, changes = [], []
    for step in STEPS:
        weights = [
            weight - step * rate * gradient
            for weight, gradient in zip(beginning, gradients, strict=True)
        ]
        there, others = _loss_and_gradients(model, weights, examples, labels)
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


def _loss_and_gradients(model, weights, examples, labels):
    # This restores the state of seeds, too, so each call draws equal noise.
    with restored(model.variables):
        for variable, weight in zip(
            model.trainable_weights, weights, strict=True
        ):
            variable.assign(weight)
        loss, gradients = _traced(model)(examples, labels)
        return float(loss), gradients


def _traced(model):
    """Returns the function of examples and labels, one for each model."""
    if model not in _FUNCTIONS:
        _FUNCTIONS[model] = _trace(weakref.ref(model))
    return _FUNCTIONS[model]


def _trace(reference):
    @tf.function
    def loss_and_gradients(examples, labels):
        model = reference()
        values = [variable.value for variable in model.trainable_weights]
        with tf.GradientTape() as tape:
            loss = cross_entropy(labels, model(examples, training=True))
        return loss, tape.gradient(loss, values)

    return loss_and_gradients
