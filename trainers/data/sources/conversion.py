"""From whatever may be an array to NumPy's."""

import numpy as np
import tensorflow as tf

from ...common.errors import InputError
from . import frames


def as_given(x, name):
    """Returns an array, or a dict or list of arrays, as they come.

    Args:
        x: what a user has passed.
        name: of it, for messages.

    Raises:
        InputError: something is no array.
    """
    if isinstance(x, tuple):
        x = list(x)
    # A list of single numbers is one array, whatever kind of numbers.
    several = isinstance(x, dict) or (
        isinstance(x, list) and x and all(map(_has_axes, x))
    )
    if not several:
        return as_array(x, name)
    items = x.items() if isinstance(x, dict) else enumerate(x)
    found = {key: as_array(each, f"{name}/{key}") for key, each in items}
    return found if isinstance(x, dict) else list(found.values())


def _has_axes(values):
    return getattr(values, "shape", ()) != ()


def as_array(values, name, first=0):
    """Returns an array of NumPy's of what may be one: lists, tensors, frames.

    Args:
        values: what a user has passed.
        name: of it, for messages.
        first: the number of its first row, for messages.

    Raises:
        InputError: it is none.
    """
    if frames.is_pandas(values):
        return frames.as_array(values, name)
    if isinstance(values, (tf.RaggedTensor, tf.SparseTensor)):
        raise InputError(
            f"{name} is a {type(values).__name__}. Expected: a dense array. "
            "Convert it by to_tensor() or tf.sparse.to_dense()."
        )
    if hasattr(values, "__next__"):
        raise InputError(
            f"{name} is a generator, which can be read once and may never "
            "end. Expected: an array. Make a list of what it yields, or a "
            "tf.data.Dataset of it that ends."
        )
    try:
        array = np.asarray(values)
    except UnicodeDecodeError:  # NumPy mixes texts with ASCII alone.
        array = np.asarray(values, object)
    except ValueError as error:
        raise InputError(
            f"{name} is a list whose entries differ in length, not an array. "
            f"Pad them to one length: {error}"
        ) from error
    return _texts(array, name, first) if array.dtype.kind in "OS" else array


def _texts(array, name, first):
    """Returns texts and bytes as NumPy's texts; other objects as they are."""
    if array.dtype.kind == "S":
        array = array.astype(object)
    flat = list(array.ravel())
    length = max(len(flat) // max(len(array), 1), 1) if array.ndim else 1
    for i, each in enumerate(flat):
        if isinstance(each, bytes):
            flat[i] = _decoded(each, name, first + i // length)
    others = [each for each in flat if not isinstance(each, str)]
    if others and len(others) < len(flat):
        raise InputError(
            f"{name} holds both texts and other values, such as {others[0]!r} "
            f"({len(others)} in all). Fill in what is missing, or leave it out."
        )
    return array if others else np.array(flat, str).reshape(array.shape)


def _decoded(text, name, row):
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} has a text in row {row} that is not UTF-8: "
            f"{_around(text, error.start)}, first at byte {error.start}. "
            "Decode it with the encoding that it has, such as "
            'text.decode("latin-1").'
        ) from error


def _around(text, place):
    """Returns the bytes around a place in a text, as Python writes them."""
    start, end = max(place - 10, 0), place + 10
    before, after = "..." * (start > 0), "..." * (end < len(text))
    return f"{before}{text[start:end]!r}{after}"
