"""Some examples of an array that stays on the disk."""

import numpy as np
import tensorflow as tf


class Rows:
    """Rows of an array, which are read when they are asked for.

    It has what is asked of an array that is only looked at: index it, or make
    an array of all by `numpy.asarray`.

    Args:
        array: `(examples, ...)`, of `archives.read`.
        rows: integers, which are there in which order; None: all.
    """

    def __init__(self, array, rows=None):
        self._array = array
        self._rows = np.arange(len(array)) if rows is None else rows
        self.dtype = array.dtype
        self.shape = (len(self._rows), *array.shape[1:])
        self.ndim = array.ndim
        self.size = len(self._rows) * (array.size // len(array))
        self.nbytes = self.size * self.dtype.itemsize

    def taken(self, rows):
        """Returns some of the rows; they are not read."""
        return Rows(self._array, self._rows[rows])

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, index):
        """Returns an array; `index` is of examples alone."""
        return np.asarray(self._array[self._rows[index]])

    def __array__(self, dtype=None, copy=None):
        del copy  # It is always one.
        return np.asarray(self[:], dtype)


def taken(array, rows):
    """Returns rows of an array; of `Rows` they are not read yet."""
    return array.taken(rows) if isinstance(array, Rows) else array[rows]


def as_source(array):
    """Returns what `gathered` takes: `Rows` as they are, else a tensor."""
    return array if isinstance(array, Rows) else tf.constant(array)


def gathered(source, rows):
    """Returns the rows of a source as a tensor, in a graph.

    Args:
        source: from `as_source`.
        rows: a tensor of integers.
    """
    if not isinstance(source, Rows):
        return tf.gather(source, rows)
    is_text = source.dtype.kind == "U"

    def read(rows):
        found = source[rows]
        return np.char.encode(found).astype(object) if is_text else found

    dtype = tf.string if is_text else source.dtype
    found = tf.numpy_function(read, [rows], dtype, stateful=False)
    return tf.ensure_shape(found, [*rows.shape, *source.shape[1:]])
