"""The examples of the check, as the two models take them."""

import keras
import numpy as np

from ...layers.models.kinds import input_names, is_graph
from ..common.errors import InputError
from ..data import nested


def inputs_of(served, wanted):
    """Returns the examples of the check, as the original takes them.

    Fixed inputs have their values there, and all batches are whole where their
    size is fixed.
    """
    size = wanted.batch_size or 1
    count = nested.count_of(served.inputs) // size * size
    if not count:
        raise InputError(
            f"There are {nested.count_of(served.inputs)} examples for a batch "
            f"of {size}. Lower --batch_size."
        )
    inputs = nested.each(lambda x: x[:count], served.inputs)
    if not wanted.fixed:
        return inputs
    names = input_names(_graph_of(served))
    arrays = [
        np.broadcast_to(wanted.fixed.get(name, x), x.shape).astype(x.dtype)
        for name, x in zip(names, nested.leaves(inputs), strict=True)
    ]
    return keras.tree.pack_sequence_as(inputs, arrays)


def left_inputs(inputs, served, model, wanted):
    """Returns the inputs that the exported model still has.

    Args:
        inputs: of the original.
        served, wanted: as of `export`.
        model: the one that is exported.
    """
    if not is_graph(model):
        return inputs
    names, arrays = input_names(_graph_of(served)), nested.leaves(inputs)
    left = [
        array
        for name, array in zip(names, arrays, strict=True)
        if name not in wanted.fixed
    ]
    return keras.tree.pack_sequence_as(model.input, left)


def _graph_of(served):
    """Returns the model, that inside a `ReferenceModel`."""
    model = served.model
    return model if is_graph(model) else model.model


def signature_of(model, batch_size):
    """Returns what the exported function takes; None where Keras knows."""
    if not is_graph(model):
        return None

    def spec(tensor):
        shape = (batch_size, *tensor.shape[1:])
        return keras.InputSpec(tensor.dtype, shape, name=tensor.name)

    return [keras.tree.map_structure(spec, model.input)]
