"""A reference batch for a model whose class has code of its own."""

import keras
import tensorflow as tf

from ..norms.reference_scope import leading_reference
from .reference_inputs import concatenate
from .refreshing import Refreshed

_ADDED = ("reference", "refresh")


def referring(model, reference_batch, kind=None):
    """Gives the virtual batch norms inside a model their reference batch.

    The model itself changes: what its class does in `model(x, training=True)`,
    whether that is a `call` or a graph, and whoever calls it so, it does to the
    reference in front of `x`. The outputs are those of `x`. Nothing else about
    it changes, and its files hold no reference: `ReferenceModel` is for those
    that do not have a `call` or a `train_step` of their own.

    Args:
        model: any Keras model that is built.
        reference_batch: what it is called on in training, an array or a
            structure of arrays.
        kind: the class that does it, `Referring` or one like it.

    Returns:
        The model.

    Raises:
        TypeError: its class has attributes of the same names.
    """
    taken = [name for name in _ADDED if hasattr(model, name)]
    if taken:
        raise TypeError(
            f"The model {model.name!r} has an attribute `{taken[0]}`, a name "
            "that models with a reference batch use. Give yours another name."
        )
    own, kind = type(model), kind or Referring
    variables = keras.tree.map_structure(_variable, reference_batch)
    # In a function, for Keras would count them among the weights in files.
    model._reference_batch = lambda: variables
    body = {"__module__": own.__module__, "__doc__": own.__doc__}
    model.__class__ = type(own.__name__, (kind, own), body)
    return model


def _variable(array):
    # As Keras converts it when the model is called.
    value = keras.ops.convert_to_tensor(array)
    dtype = keras.backend.standardize_dtype(value.dtype)
    return keras.Variable(value, dtype=dtype, trainable=False, autocast=False)


class Referring(Refreshed):
    """What `referring` puts in front of a model's class."""

    @property
    def reference(self):
        """The reference batch, a list of variables."""
        return keras.tree.flatten(self._reference_batch())

    @property
    def variables(self):
        """All variables; a run of the model depends on the reference, too."""
        return [*super().variables, *self.reference]

    def __call__(self, *args, **kwargs):
        """Returns the model's outputs for its inputs."""
        if not kwargs.get("training"):
            return super().__call__(*args, **kwargs)
        if len(args) != 1 or len(kwargs) > 1:
            raise TypeError(
                "A model with virtual batch norms must be called as "
                "`model(x, training=True)`. Received: "
                f"{len(args)} arguments without a name, and "
                f"{', '.join(kwargs)}."
            )
        return self.with_reference(args[0])

    def with_reference(self, inputs):
        """Returns the outputs for inputs, the reference in front of them."""
        reference, rows = self._read_reference()
        both = keras.tree.map_structure(concatenate, reference, inputs)
        count = keras.tree.flatten(both)[0].shape[0]

        def without_reference(outputs):
            size = outputs.shape[:1]
            if not size or (None not in (count, *size) and size[0] != count):
                raise ValueError(
                    "A model with virtual batch norms must return an output "
                    f"for each example. Received: {outputs.shape} for "
                    f"{count} examples, reference included."
                )
            return outputs[rows:]

        with leading_reference(rows):
            outputs = super().__call__(both, training=True)
        return keras.tree.map_structure(without_reference, outputs)

    def refresh(self):
        """Computes the remembered statistics with the weights as they are."""
        reference, rows = self._read_reference()
        with leading_reference(rows):
            super().__call__(reference, training=False)

    def _read_reference(self):
        """Returns the reference batch as tensors, and its number of rows."""
        batch = self._reference_batch()
        tensors = keras.tree.map_structure(lambda v: tf.identity(v), batch)
        return tensors, keras.tree.flatten(tensors)[0].shape[0]
