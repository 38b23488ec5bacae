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
    static = x.shape.as_list()
    sizes = static if None not in static else tf.unstack(tf.shape(x))
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


def _size(sizes):
    return math.prod(sizes)
