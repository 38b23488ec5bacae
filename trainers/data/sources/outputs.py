"""What a model puts out, and labels and weights in that form."""

import keras
import numpy as np

from ....layers.models.kinds import is_graph, output_of
from ...common.errors import InputError
from .. import nested
from . import frames
from .conversion import as_array, as_given


class Outputs:
    """The outputs of a model.

    Args:
        model: a Keras model.
        unlabeled: names of those that need no labels.

    Attributes:
        structure: the one symbolic output, or a dict or tuple of several; None
            where that is not known, of a model with a `call` of its own.
        names: of several as Keras prints them: the keys of a dict, or the
            names of the layers that they come from; `("",)` of a single one;
            `()` where they are not known.
        shapes: of each for one example, in the order of the names.

    Raises:
        InputError: their names do not tell them apart.
    """

    def __init__(self, model, unlabeled=()):
        self._unlabeled = set(unlabeled)
        self.structure, self.names, self.shapes = None, (), ()
        if not is_graph(model) or not model.built:
            return
        structure = output_of(model)
        tensors = keras.tree.flatten(structure)
        self.shapes = [tuple(tensor.shape[1:]) for tensor in tensors]
        if len(tensors) == 1:
            self.structure, self.names = tensors[0], ("",)
            return
        is_dict = isinstance(structure, dict)
        self.structure = structure if is_dict else tuple(structure)
        self.names = tuple(sorted(structure) if is_dict else model.output_names)
        self._check(len(tensors))

    def _check(self, count):
        if min(len(set(self.names)), len(self.structure)) < count:
            raise InputError(
                f"The model has {count} outputs, but their names do not tell "
                f"them apart: {self._said()}. Expected: a dict or a list of "
                "outputs, each of a layer of its own, such as "
                "keras.layers.Identity(name=...)."
            )

    @property
    def are_several(self):
        """Whether there are several, as far as it is known."""
        return len(self.names) > 1

    def labels(self, y, name):
        """Returns labels as NumPy's arrays, in the form of the outputs.

        A dict goes by the names of the outputs, a list of several by their
        order, and the columns of a frame each to its output. Where an output
        needs no labels and has none, they are `(examples, 0)`.

        Args:
            y: what a user has passed.
            name: of it, for messages.

        Raises:
            InputError: it has another form, or is no array.
        """
        if self.structure is None:
            found = as_given(y, name)
            return tuple(found) if isinstance(found, list) else found
        if self.are_several:
            given = self._taken_apart(y, name)
            found = self._packed(given, name, lambda n: np.zeros((n, 0), int))
            leaves = map(_of_rank, keras.tree.flatten(found), self.shapes)
            return keras.tree.pack_sequence_as(self.structure, list(leaves))
        if isinstance(y, dict):
            raise InputError(
                f"The labels {name} are a dict. Expected: one array, for the "
                "model's one output."
            )
        return as_array(y, name)

    def weights(self, weights, name):
        """Returns weights in the form of labels, or one array for all outputs.

        Args:
            weights, name: as of `labels`.
        """
        is_dict = isinstance(weights, dict) or frames.is_frame(weights)
        if self.are_several and (is_dict or self._is_in_order(weights)):
            given = self._taken_apart(weights, name)
            return self._packed(given, name, np.ones)
        return as_array(weights, name)

    def _is_in_order(self, values):
        # Weights may also be a list of numbers.
        return isinstance(values, (list, tuple)) and (
            len(values) == len(self.names)
            and all(
                each is None or getattr(each, "shape", ()) != ()
                for each in values
            )
        )

    def _taken_apart(self, y, name):
        if frames.is_frame(y):
            y = frames.columns_of(y)
        is_list = isinstance(y, (list, tuple))
        in_order = not isinstance(self.structure, dict)
        if in_order and is_list and len(y) == len(self.names):
            y = dict(zip(self.names, y, strict=True))
        if isinstance(y, dict):
            given = {key for key, each in y.items() if each is not None}
            if given and set(self.names) <= given | self._unlabeled:
                return [y.get(each) for each in self.names]
        received = f"an object of type {type(y).__name__}"
        if isinstance(y, dict):
            labeled = ", ".join(map(repr, sorted(given)))
            received = f"labels of {labeled or 'nothing'}"
        raise InputError(
            f"The model has {len(self.names)} outputs, {self._said()}. "
            f"Received as {name}: {received}. Pass a dict of their names and "
            "an array for each that has a loss or a metric."
        )

    def _packed(self, values, name, make_missing):
        """Returns arrays in the form of the outputs.

        Args:
            values: for each output, or None.
            name: of them, for messages.
            make_missing: function of the number of examples that returns what
                there is in place of None.
        """
        names = nested.names_of(self.structure, name)
        arrays = [
            None if value is None else as_array(value, each)
            for value, each in zip(values, names, strict=True)
        ]
        count = next(len(array) for array in arrays if array is not None)
        return keras.tree.pack_sequence_as(
            self.structure,
            [make_missing(count) if x is None else x for x in arrays],
        )

    def _said(self):
        return ", ".join(map(repr, self.names))


def _of_rank(labels, shape):
    """Returns labels with the axis of size 1 that an output has at its end.

    Keras adds it to those of a single output alone.
    """
    is_bare = labels.ndim == len(shape) and shape[-1:] == (1,)
    return labels[..., np.newaxis] if is_bare else labels
