"""Sums over the axes of an example that ignore the rest of the batch."""

import math

import tensorflow as tf

from .sums import under_xla

# Positions that are added up in a row. A float32 sum of very many in one go
# loses all digits of a small deviation from a large mean.
_CHUNK = 256


def total_per_example(x, axes):
    """Sums over `axes`, the first axis not among them, which stay of size 1.

    An example's sum has the same bits whatever other examples are in `x`, and
    however many. `tf.reduce_sum` and products do not have this property: they
    add up in another order where a row is not aligned, or is alone.
    """
    if not axes:
        return x
    kept = [i for i in range(1, len(x.shape)) if i not in axes]
    sizes = _sizes(x)
    rows, positions, columns = (
        math.prod(sizes[i] for i in group) for group in ([0], axes, kept)
    )
    order = [0, *sorted(axes), *kept]
    view = x if order == sorted(order) else tf.transpose(x, order)
    view = tf.reshape(view, [rows, positions, columns])
    sums = _halving(view) if under_xla() else _segments(view)
    sizes = [1 if i in axes else size for i, size in enumerate(sizes)]
    sums = tf.reshape(sums, sizes)
    sums.set_shape([1 if i in axes else s for i, s in enumerate(x.shape)])
    return sums


def _segments(view):
    """Sums [rows, positions, columns] over positions, a chunk at a time."""
    rows, positions, columns = _sizes(view)
    chunks = (positions + _CHUNK - 1) // _CHUNK
    piece = chunks * tf.range(rows)[:, None] + tf.range(positions) // _CHUNK
    view = tf.reshape(view, [rows * positions, columns])
    parts = tf.math.segment_sum(view, tf.reshape(piece, [-1]))
    return tf.math.segment_sum(parts, tf.repeat(tf.range(rows), chunks))


def _halving(view):
    """Sums [rows, positions, columns] over positions, for XLA."""
    if view.shape[1] is None:
        return tf.reduce_sum(view, 1)
    while view.shape[1] > 1:
        half = (view.shape[1] + 1) // 2
        odd = 2 * half - view.shape[1]
        rest = tf.pad(view[:, half:], [[0, 0], [0, odd], [0, 0]])
        view = view[:, :half] + rest
    return view


def _sizes(x):
    """Returns the sizes of the axes, as numbers where they are known."""
    static = x.shape.as_list()
    if None not in static:
        return static
    dynamic = tf.unstack(tf.shape(x))
    return [d if s is None else s for s, d in zip(static, dynamic, strict=True)]
