"""What a model takes, and data in that form."""

import keras
import numpy as np

from ....layers.models.kinds import as_functional, is_graph
from ...common.errors import InputError
from .. import nested
from . import frames
from .conversion import as_array, as_given


class Signature:
    """What a model takes for a batch of examples.

    Args:
        model: a Keras model.

    Attributes:
        structure: its symbolic input, or a dict or tuple of several; None
            where that is not known, of a model with a `call` of its own.
        outputs: how many there are; None where that is not known.
    """

    def __init__(self, model):
        self.structure = self.outputs = None
        if is_graph(model) and model.built:
            structure = as_functional(model).input
            if isinstance(structure, (list, tuple)):
                several = len(structure) > 1
                structure = tuple(structure) if several else structure[0]
            self.structure, self.outputs = structure, len(model.outputs)

    @property
    def tensors(self):
        """The symbolic inputs in order; `[]` where they are not known."""
        if self.structure is None:
            return []
        return keras.tree.flatten(self.structure)

    def packed(self, x, name):
        """Returns inputs as NumPy's arrays, in the form that the model takes.

        A dict goes by the names of the inputs, a list of several by their
        order, the columns of a frame each to its input, or all to a single
        one. An axis of size 1 at the end may be left out, as in Keras.

        Args:
            x: what a user has passed.
            name: of it, for messages.

        Raises:
            InputError: it has another form, or is no array.
        """
        if self.structure is None:
            return as_given(x, name)
        arrays = self._arrays(x, name)
        return keras.tree.pack_sequence_as(self.structure, arrays)

    def by_name(self, x, name):
        """Returns the arrays of `packed` by the names of the inputs.

        `packed` takes them again. That of a single input is as it is.
        """
        if self.structure is None:
            return as_given(x, name)
        arrays = self._arrays(x, name)
        names = [tensor.name for tensor in self.tensors]
        if len(names) == 1:
            return arrays[0]
        return dict(zip(names, arrays, strict=True))

    def _arrays(self, x, name):
        found = self.taken_apart(x, name)
        names = nested.names_of(self.structure, name)
        return [
            _as_taken(*each)
            for each in zip(found, self.tensors, names, strict=True)
        ]

    def taken_apart(self, x, name):
        """Returns what there is for each of the inputs, in their order.

        Args:
            x: what a user has passed, or specs of it.
            name: of it, for messages.

        Raises:
            InputError: it has another form.
        """
        count = len(self.tensors)
        if frames.is_frame(x) and (count > 1 or self._is_text()):
            x = frames.columns_of(x)
        if isinstance(x, dict):
            return self._picked(x, name)
        if count == 1:
            return [x]
        in_order = not isinstance(self.structure, dict)
        if in_order and isinstance(x, (list, tuple)) and len(x) == count:
            return list(x)
        raise InputError(
            f"The model takes {count} inputs, {self._said()}. Received as "
            f"{name}: an object of type {type(x).__name__}. Pass a dict of "
            "their names and an array for each."
        )

    def _picked(self, x, name):
        tensors = self.tensors
        if len(tensors) == 1 and len(x) == 1:
            return list(x.values())
        names = [tensor.name for tensor in tensors]
        if not set(names) <= x.keys():
            raise InputError(
                f"The model takes the inputs {self._said()}. Received as "
                f"{name}: {', '.join(map(repr, x))}. Name the model's inputs "
                "by `keras.Input(..., name=...)`, and the entries alike."
            )
        return [x[each] for each in names]

    def _is_text(self):
        return self.tensors[0].dtype == "string"

    def _said(self):
        return ", ".join(repr(tensor.name) for tensor in self.tensors)


def _as_taken(values, tensor, name):
    """Returns an array for one input."""
    array, shape = as_array(values, name), tensor.shape
    is_text = array.dtype.kind == "U"
    if is_text != (tensor.dtype == "string"):
        kinds = ("texts", "numbers") if is_text else ("numbers", "texts")
        raise InputError(
            f"{name} holds {kinds[0]}, but the model's input {tensor.name!r} "
            f"takes {kinds[1]}. Encode texts and categories before they reach "
            "the model, or with layers of the model, after keras.Input(..., "
            "dtype='string')."
        )
    if array.ndim == len(shape) - 1 and shape[-1] == 1:
        array = array[..., np.newaxis]
    return array
