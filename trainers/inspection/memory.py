"""How much memory a run takes while it trains."""

import weakref

import keras
import tensorflow as tf

from ..common.memory import bytes_of
from ..run.state import optimizers_of
from .kept_values import UnknownSizeError, kept_bytes

#: Model -> spec of its batches -> its memory, as long as the model lives.
_KNOWN = weakref.WeakKeyDictionary()


def memory_of(model, batch):
    """Returns the bytes that a model takes while it trains on such batches.

    Args:
        model: compiled, with all variables.
        batch: the specs of a batch, `(x, y)` or `(x, y, sample_weight)`.

    Returns:
        As of `memory`. It is None as well of a model with a `train_step` of
        its own, of one that runs eagerly, and with several replicas.
    """
    own_step = type(model).train_step is not keras.Model.train_step
    if own_step or model.run_eagerly:
        return None
    known = _KNOWN.setdefault(model, {})
    if (key := repr(batch)) not in known:

        def loss_of(x, y, sample_weight):
            outputs = model(x, training=True)
            return model.compute_loss(x, y, outputs, sample_weight)

        known[key] = memory(
            model.variables,
            optimizers_of(model).values(),
            loss_of,
            model.trainable_weights,
            *keras.utils.unpack_x_y_sample_weight(batch),
        )
    return known[key]


def memory(weights, optimizers, loss_of, trained, *specs):
    """Returns the bytes that a training takes, by what they are for.

    Args:
        weights: the variables of the model.
        optimizers: of it, built.
        loss_of: function of tensors that returns the loss.
        trained: the Keras variables that it is differentiated by.
        *specs: nests of what the function takes, with known shapes.

    Returns:
        `"weights"`, `"optimizer"` (its variables) and `"activations"` (see
        `kept_bytes`) -> bytes; None if TensorFlow's graph does not tell them.
    """
    if tf.distribute.has_strategy():
        return None  # a replica has a part of the batch
    values = [variable.value for variable in trained]
    try:
        kept = kept_bytes(loss_of, values, *specs)
    except UnknownSizeError:
        return None
    return {
        "weights": bytes_of(weights),
        "optimizer": sum(bytes_of(each.variables) for each in optimizers),
        "activations": kept,
    }
