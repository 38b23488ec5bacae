"""Data that come in batches, read into memory once."""

import keras
import numpy as np
import tensorflow as tf

from ...common.errors import InputError
from ...common.memory import free_bytes
from ..examples import Examples
from ..reading import first_line

_BATCH = 256
#: The share of the free memory that data may fill: they are copied later.
_SHARE = 0.4


def of_dataset(dataset, name, signature, options):
    """Returns what a `tf.data.Dataset` holds, examples or batches of them.

    Args:
        dataset: of inputs and labels and perhaps weights, or inputs alone.
        name: of it, for messages.
        signature: the `Signature` of the model.
        options: the `Options`.

    Returns:
        `"train"` -> `Examples` in the structure of its elements; labels and
        weights are None where it has none.

    Raises:
        InputError: it never ends, or cannot be put into arrays.
    """
    endless = dataset.cardinality() == tf.data.INFINITE_CARDINALITY
    if endless and not options.most:
        raise InputError(
            f"`{name}` is a tf.data.Dataset that never ends. Take an epoch of "
            "it, `dataset.take(steps)`, or leave out `repeat()`."
        )
    spec = dataset.element_spec
    _check_dense(spec, name)
    x, *_ = _parts(spec, name)
    if not _is_batch(x, name, signature):
        dataset = dataset.batch(_BATCH)
    elements = _errors_of(dataset.as_numpy_iterator(), name)
    return {"train": joined(elements, name, options)}


def of_py_dataset(dataset, name, signature, options):
    """Does the same for a `keras.utils.PyDataset`, whose items are batches."""
    del signature
    try:
        count = dataset.num_batches
    except NotImplementedError:
        count = None
    if count is None:
        raise InputError(
            f"`{name}` is a {type(dataset).__name__} without a length: it "
            "never ends. Give it a `__len__` that returns the number of its "
            "batches."
        )
    elements = (dataset[i] for i in range(count))
    return {"train": joined(elements, name, options)}


def _parts(element, name):
    """Returns a tuple of what a data set yields: inputs, labels, weights."""
    if not isinstance(element, tuple):
        return (element,)
    if not 1 <= len(element) <= 3:
        raise InputError(
            f"`{name}` yields tuples of {len(element)}. Expected: pairs of "
            "inputs and labels, or these and the weights of examples. Map it "
            "to such."
        )
    while len(element) > 1 and element[-1] is None:
        element = element[:-1]
    return element


def _check_dense(spec, name):
    for each in keras.tree.flatten(spec):
        if not isinstance(each, tf.TensorSpec):
            raise InputError(
                f"`{name}` yields a {type(each).__name__[:-4]}. Expected: "
                "dense tensors. Map it to them by to_tensor(), or "
                "tf.sparse.to_dense()."
            )


def _is_batch(x, name, signature):
    """Whether the elements of a data set are batches, and no examples.

    Args:
        x: specs of the inputs.
        name: of the data set, for messages.
        signature: the `Signature` of the model, which tells.
    """
    if not signature.tensors:
        return True
    spec = signature.taken_apart(x, name)[0]
    if spec.shape.rank is None:
        return True
    expected = signature.tensors[0].shape
    if spec.shape.rank == len(expected):
        return True
    # Keras lets an axis of size 1 at the end be left out.
    bare = spec.shape.rank == len(expected) - 1 and expected[-1] == 1
    return bare and spec.shape[-1:] != [1]


def _errors_of(iterator, name):
    """Yields what an iterator does; its errors are the user's to fix."""
    try:
        yield from iterator
    except tf.errors.OpError as error:
        line = first_line(error)
        raise InputError(
            f"`{name}` cannot be read: {line}. Its examples must have one "
            "shape; pad or resize them."
        ) from error


def joined(elements, name, options):
    """Returns the `Examples` of all batches, one behind the other."""
    most, size, count, parts = _SHARE * free_bytes(), 0, 0, []
    for element in elements:
        part = keras.tree.map_structure(np.asarray, _parts(element, name))
        parts.append(part)
        size += sum(each.nbytes for each in keras.tree.flatten(part))
        if size > most:
            raise InputError(
                f"`{name}` is larger than the memory that is free: "
                f"{size / 1e9:.1f} GB of it were read. Take a part of it."
            )
        count += len(keras.tree.flatten(part)[0])
        if options.most and count >= options.most:
            break
    if not parts:
        raise InputError(f"`{name}` holds no batch.")
    try:
        x, *others = keras.tree.map_structure(
            lambda *each: np.concatenate(each), *parts
        )
    except ValueError as error:
        raise InputError(
            f"The batches of `{name}` have examples of different shapes. Pad "
            f"or resize them: {error}"
        ) from error
    return Examples(x, *(others or [None]))
