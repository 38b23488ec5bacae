"""How many runs fit into memory together."""

import math

import keras

from ...layers.models.inner_layers import inner_layers
from ..common.memory import bytes_of, free_bytes
from ..run.state import variables_of

#: A run has its variables, those of its best state, and new values of them.
_COPIES = 3
#: What a layer puts out is kept for the gradient, has one of its own, and is
#: made of parts.
_PER_OUTPUT = 4
#: A recurrent layer keeps gates and products of each time step: so many times
#: its states. A step of an LSTM was seen to take 17 times its units.
_PER_STATE = 3
#: Of the memory that is free, what a group may take.
_SHARE = 0.5


def fitting_runs(model, batch_size):
    """Returns how many runs of a model fit into memory, at least 1.

    It is an estimate from the sizes of the variables and of the layers'
    outputs.

    Args:
        model: compiled, with all variables.
        batch_size: of the training.
    """
    return max(int(_SHARE * free_bytes() / bytes_of_run(model, batch_size)), 1)


def bytes_of_run(model, batch_size):
    """Returns about how many bytes a run takes while it trains in a group."""
    variables, outputs = bytes_of_parts(model, batch_size)
    return _COPIES * variables + _PER_OUTPUT * outputs


def bytes_of_parts(model, batch_size):
    """Returns the bytes of a run's variables, and of its layers' outputs."""
    variables = sum(map(bytes_of, variables_of(model).values()))
    outputs = sum(_outputs(layer, batch_size) for layer in inner_layers(model))
    return variables, outputs


def _outputs(layer, batch_size):
    """Returns the bytes of what a layer puts out for a batch."""
    try:
        found = keras.tree.flatten(layer.output)
        inputs = keras.tree.flatten(layer.input)
    except (AttributeError, ValueError):  # it is called never, or twice
        return 0
    size = sum(_numbers(tensor.shape, batch_size) for tensor in found)
    if isinstance(layer, keras.layers.RNN):
        steps = _numbers(inputs[0].shape[:2], batch_size)
        states = sum(map(math.prod, _shapes(layer.cell.state_size)))
        size += _PER_STATE * steps * states
    return 4 * size


def _numbers(shape, batch_size):
    return math.prod(batch_size if n is None else n for n in shape)


def _shapes(state_size):
    """Returns the shapes of a cell's states, from numbers or shapes."""
    if isinstance(state_size, int):
        return [(state_size,)]
    if all(isinstance(n, int) for n in state_size):
        return [(n,) for n in state_size]
    return [shape for part in state_size for shape in _shapes(part)]
