"""How many runs fit into memory together."""

import math

import keras

from ...layers.models.inner_layers import inner_layers
from ..common.memory import bytes_of, free_bytes
from ..run.state import variables_of

#: A run has its variables, those of its best state, and new values of them.
_COPIES = 3
#: What is kept for the gradient has one of its own and is made of parts: a
#: further run of a CNN was seen to take 3.5 times what is kept.
_PER_KEPT = 4
#: The same of what layers put out, where that is all that is known.
_PER_OUTPUT = 4
#: Of the memory that is free, what a group may take.
_SHARE = 0.5


def fitting_runs(model, batch_size, kept=None):
    """Returns how many runs of a model fit into memory, at least 1.

    It is an estimate from the sizes of the variables and of what is kept.

    Args:
        model: compiled, with all variables.
        batch_size: of the training.
        kept: how many bytes a forward pass keeps for the gradient. By default,
            it is estimated from the layers' outputs.
    """
    needed = bytes_of_run(model, batch_size, kept)
    return max(int(_SHARE * free_bytes() / needed), 1)


def bytes_of_run(model, batch_size, kept=None):
    """Returns about how many bytes a run takes while it trains in a group."""
    variables = sum(map(bytes_of, variables_of(model).values()))
    if kept is not None:
        return _COPIES * variables + _PER_KEPT * kept
    outputs = sum(_outputs(layer, batch_size) for layer in inner_layers(model))
    return _COPIES * variables + _PER_OUTPUT * outputs


def _outputs(layer, batch_size):
    """Returns the bytes of what a layer puts out for a batch."""
    try:
        found = keras.tree.flatten(layer.output)
    except (AttributeError, ValueError):  # it is called never, or twice
        return 0
    return sum(
        4 * math.prod(batch_size if n is None else n for n in tensor.shape)
        for tensor in found
    )
