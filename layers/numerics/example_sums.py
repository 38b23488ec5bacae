"""Sums over the axes of an example that ignore the rest of the batch."""

import math

import tensorflow as tf

from .sums import total
from .target import under_xla

# Positions that are added up in a row. A float32 sum of very many in one go
# loses all digits of a small deviation from a large mean.
_CHUNK = 256


def total_per_example(x, axes):
    """Sums over `axes`, the first axis not among them, which stay of size 1.

    An example's sum has the same bits whatever other examples are in `x`, and,
    outside of XLA, however many, and wherever it is among them. `tf.reduce_sum`
    and products lack this: they add up in another order where a row is not
    aligned, or is alone. XLA makes another program for each size anyway.
    """
    if not axes or under_xla():
        return total(x, axes)
    kept = [i for i in range(1, len(x.shape)) if i not in axes]
    sizes = _sizes(x)
    rows, positions, columns = (
        math.prod(sizes[i] for i in group) for group in ([0], axes, kept)
    )
    order = [0, *sorted(axes), *kept]
    view = x if order == sorted(order) else tf.transpose(x, order)
    view = tf.reshape(view, [rows * positions, columns])
    sums = _segments(view, rows, positions)
    sizes = [1 if i in axes else size for i, size in enumerate(sizes)]
    sums = tf.reshape(sums, sizes)
    sums.set_shape([1 if i in axes else s for i, s in enumerate(x.shape)])
    return sums


def _segments(view, rows, positions):
    """Sums [rows * positions, columns] over positions, a chunk at a time."""
    chunks = (positions + _CHUNK - 1) // _CHUNK
    piece = chunks * tf.range(rows)[:, None] + tf.range(positions) // _CHUNK
    parts = tf.math.segment_sum(view, tf.reshape(piece, [-1]))
    return tf.math.segment_sum(parts, tf.repeat(tf.range(rows), chunks))


def _sizes(x):
    """Returns the sizes of the axes, as numbers where they are known."""
    static = x.shape.as_list()
    if None not in static:
        return static
    dynamic = tf.unstack(tf.shape(x))
    return [d if s is None else s for s, d in zip(static, dynamic, strict=True)]
