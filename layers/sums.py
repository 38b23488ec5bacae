"""Sums over axes, the one costly operation of normalization."""

import math

import tensorflow as tf
from tensorflow.python.ops import control_flow_util

# Rows that one product adds up. Float32 sums of millions of rows in one go lose
# all digits of a small deviation from a large mean.
_CHUNK = 256


def under_xla():
    """Returns whether the code that runs now is being compiled by XLA."""
    graph = tf.compat.v1.get_default_graph()
    return control_flow_util.GraphOrParentsInXlaContext(graph)


def shared_axes(tensor):
    """Returns the axes along which a broadcast tensor is constant."""
    return tuple(i for i, size in enumerate(tensor.shape) if size == 1)


def total(x, axes, by=None):
    """Sums `x * by` over `axes`, which stay as axes of size 1.

    `by` has the rank of `x` and broadcasts against it. It is 1 if left out.
    """
    if by is None:
        return _plain_total(x, axes)
    varying = [i for i in axes if by.shape[i] != 1]
    x = _plain_total(x, [i for i in axes if by.shape[i] == 1])
    if not varying:
        return x * by
    if _is_vector(by, varying):
        return _product(x, varying, by)
    return _plain_total(x * by, varying)


def total_per_example(x, axes):
    """Sums over `axes`, the first axis not among them, which stay of size 1.

    An example's sum has the same bits whatever other examples are in `x`, and
    however many. `tf.reduce_sum` and products do not have this property: they
    add up in another order where a row is not aligned, or is alone.
    """
    if not axes:
        return x
    kept = [i for i in range(1, len(x.shape)) if i not in axes]
    rows, positions, columns = (
        _size([_sizes(x)[i] for i in group]) for group in ([0], axes, kept)
    )
    order = [0, *sorted(axes), *kept]
    view = x if order == sorted(order) else tf.transpose(x, order)
    view = tf.reshape(view, [rows, positions, columns])
    sums = _halving(view) if under_xla() else _segments(view)
    sizes = [1 if i in axes else size for i, size in enumerate(_sizes(x))]
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


def _is_vector(by, varying):
    # Whether x * by summed is the product of a matrix and a vector.
    run = list(range(varying[0], varying[-1] + 1))
    constant = set(range(len(by.shape))) - set(run)
    at_the_edge = run[0] == 0 or run[-1] == len(by.shape) - 1
    return run == varying and at_the_edge and constant <= set(shared_axes(by))


def _plain_total(x, axes):
    if not axes:
        return x
    if not under_xla():
        return tf.reduce_sum(x, axes, keepdims=True)
    # XLA's reductions on the CPU are slow, its products are not.
    for run in _runs(axes):
        x = _product(x, run)
    return x


def _runs(axes):
    """Splits axes into runs of neighbors; the first axis stays alone."""
    runs = []
    for axis in sorted(axes):
        if runs and axis == runs[-1][-1] + 1 and runs[-1] != [0]:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    return runs[::-1]


def _product(x, run, by=None):
    static, sizes = x.shape.as_list(), _sizes(x)
    before, after = sizes[: run[0]], sizes[run[-1] + 1 :]
    inside = _size(sizes[run[0] : run[-1] + 1])
    ones = [1] * len(run)
    if not after:
        matrix = tf.reshape(x, [_size(before), inside])
        by = tf.ones([inside], x.dtype) if by is None else by
        result = tf.matmul(matrix, tf.reshape(by, [inside, 1]))
    elif before:
        view = tf.reshape(x, [_size(before), inside, _size(after)])
        result = tf.matmul(tf.ones([_size(before), 1, inside], x.dtype), view)
    else:
        matrix = tf.reshape(x, [inside, _size(after)])
        result = _rows(matrix, by)
    result = tf.reshape(result, [*before, *ones, *after])
    result.set_shape([*static[: run[0]], *ones, *static[run[-1] + 1 :]])
    return result


def _rows(matrix, by=None):
    """Returns the sum of a matrix's rows, [1, columns]."""
    if by is not None:
        return tf.matmul(tf.reshape(by, [1, -1]), matrix)
    rows, columns = tf.unstack(tf.shape(matrix))
    if matrix.shape[0] is not None and matrix.shape[0] <= 4 * _CHUNK:
        return tf.matmul(tf.ones([1, rows], matrix.dtype), matrix)
    chunks = rows // _CHUNK
    whole = tf.reshape(matrix[: chunks * _CHUNK], [chunks, _CHUNK, columns])
    parts = tf.matmul(tf.ones([chunks, 1, _CHUNK], matrix.dtype), whole)
    rest = matrix[chunks * _CHUNK :]
    parts = tf.concat([parts[:, 0], rest], 0)
    return tf.matmul(tf.ones([1, tf.shape(parts)[0]], matrix.dtype), parts)


def _sizes(x):
    """Returns the sizes of the axes, as numbers where they are known."""
    static = x.shape.as_list()
    if None not in static:
        return static
    dynamic = tf.unstack(tf.shape(x))
    return [d if s is None else s for s, d in zip(static, dynamic, strict=True)]


def _size(sizes):
    return math.prod(sizes)
