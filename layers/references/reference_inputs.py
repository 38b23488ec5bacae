"""What a functional or sequential model makes of the inputs it is given."""

import keras
import numpy as np
import tensorflow as tf


class ModelInputs:
    """Brings whatever a model can be called on into the order of its inputs.

    Lists, tuples, dicts and single tensors, other dtypes, ranks and keys are
    taken as the model takes them, because a part of the model does it: one from
    its inputs to its inputs.

    Args:
        model: a built functional or sequential model.

    Attributes:
        tensors: the model's symbolic inputs, in its order.
        structure: the same, in the structure that the model was made with.
    """

    def __init__(self, model):
        self.tensors = list(model.inputs)
        # A sequential model has no `input` before its first call.
        sequential = isinstance(model, keras.Sequential)
        self.structure = self.tensors[0] if sequential else model.input
        self._convert = keras.Model(self.structure, self.tensors)

    def __call__(self, data):
        """Returns a list of tensors, and a list of their masks or None.

        An optional input may be None.
        """
        data = self.pick(data)
        masks = [mask_of(leaf) for leaf in keras.tree.flatten(data)]
        # Without the masks: that part of the model would warn of them.
        data = keras.tree.map_structure(
            lambda x: x if mask_of(x) is None else tf.identity(x), data
        )
        return keras.tree.flatten(self._convert(data)), masks

    def pick(self, data):
        """Returns the entries of dicts that the model has inputs for."""
        return _pick(self.structure, data)

    def pack(self, tensors):
        """Returns a list as the structure that the model was made with."""
        return keras.tree.pack_sequence_as(self.structure, tensors)

    def specs(self):
        """Returns the structure of `keras.InputSpec`, of any batch size."""

        def spec(x):
            shape = (None, *x.shape[1:])
            return keras.InputSpec(shape=shape, dtype=x.dtype, name=x.name)

        return keras.tree.map_structure(spec, self.structure)


def mask_of(tensor):
    """Returns the mask that Keras has attached to a tensor, or None."""
    return getattr(tensor, "_keras_mask", None)


def _pick(structure, data):
    if not isinstance(data, dict):
        return data
    if isinstance(structure, dict) and structure.keys() <= data.keys():
        return {key: _pick(structure[key], data[key]) for key in structure}
    names = [getattr(x, "name", None) for x in keras.tree.flatten(structure)]
    if isinstance(structure, dict) or not set(names) <= data.keys():
        return data
    values = [data[name] for name in names]
    return keras.tree.pack_sequence_as(structure, values)


def reference_arrays(inputs, reference_batch):
    """Returns a reference batch as arrays in the order of a model's inputs.

    Args:
        inputs: the `ModelInputs`.
        reference_batch: what the model can be called on, or a data set of it,
            whose first batch is taken.

    Raises:
        ValueError: it does not fit the inputs, is empty, or has different
            numbers of examples.
    """
    if isinstance(reference_batch, tf.data.Dataset):
        first = next(iter(reference_batch))
        reference_batch = keras.utils.unpack_x_y_sample_weight(first)[0]
    leaves = keras.tree.flatten(reference_batch)
    shapes = [None if leaf is None else np.shape(leaf) for leaf in leaves]
    error = ValueError(
        "The reference batch must have the structure of the model's inputs, "
        "and for each of them the same number of examples, at least one. "
        f"Received shapes {shapes}. Expected: "
        f"{[x.shape for x in inputs.tensors]}."
    )
    more = len(leaves) - len(inputs.tensors)
    if more < 0 or (more and not isinstance(reference_batch, dict)):
        raise error
    if any(shape == () for shape in shapes):
        raise error
    try:
        # As Keras converts them when a model is called.
        arrays = [
            None if x is None else keras.ops.convert_to_numpy(x)
            for x in inputs(keras.tree.map_structure(_array, reference_batch))[
                0
            ]
        ]
    except (TypeError, ValueError) as cause:
        raise error from cause
    sizes = {len(array) for array in arrays if array is not None}
    if len(sizes) != 1 or 0 in sizes:
        raise error
    return arrays


def _array(leaf):
    return leaf if leaf is None or tf.is_tensor(leaf) else np.asarray(leaf)


def concatenate(reference, x):
    """Returns a reference batch and the examples behind it."""
    if reference is None or x is None:
        if reference is None and x is None:
            return None
        raise ValueError(
            "An optional input must be given for both the reference batch and "
            f"the examples, or for neither. Received: {x} with a reference "
            f"batch {reference}."
        )
    if not x.shape[1:].is_compatible_with(reference.shape[1:]):
        raise ValueError(
            "The inputs must have the sizes of the reference batch, except for "
            f"the first. Received: inputs of shape {x.shape} with a reference "
            f"batch of shape {reference.shape}."
        )
    return tf.concat([tf.cast(reference, x.dtype), x], 0)


def concatenate_mask(rows, mask):
    """Returns the mask of the examples with `rows` that count before it."""
    if mask is None:
        return None
    shape = tf.concat([[rows], tf.shape(mask)[1:]], 0)
    return tf.concat([tf.ones(shape, mask.dtype), mask], 0)
