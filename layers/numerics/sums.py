"""Sums over axes, the one costly operation of normalization."""

import math

import tensorflow as tf

from .target import on_cpu, under_xla

# Rows that one product adds up. A float32 sum of a million rows in one go loses
# all digits of a small deviation from a large mean.
_MOST_ROWS = 1024


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
    lead = _leading_axes(x, by, varying)
    if not on_cpu() or lead is None:
        return _plain_total(x * by, varying)
    return _products(x, varying, by, lead) if lead else _product(x, varying, by)


def _leading_axes(x, by, varying):
    """Returns how many axes count matrices that are multiplied by vectors.

    That is what x * by summed then is: the axes behind are those of a matrix,
    and `by` varies along `varying` alone, first or last of them. None if not.
    """
    rank, constant = len(by.shape), set(shared_axes(by))
    run = list(range(varying[0], varying[-1] + 1))
    lead = next((i for i in range(run[0]) if i in constant), run[0])
    at_the_edge = run[0] == lead or run[-1] == rank - 1
    others = set(range(lead, rank)) - set(run)
    fits = run == varying and at_the_edge and others <= constant
    return lead if fits and 1 not in x.shape[:lead] else None


def _plain_total(x, axes):
    axes = [axis for axis in axes if x.shape[axis] != 1]
    if not axes:
        return x
    # XLA's reductions on the CPU are slow, its products are not. Elsewhere,
    # products would round to TF32 or bfloat16.
    if not (under_xla() and on_cpu()):
        return tf.reduce_sum(x, axes, keepdims=True)
    for run in _runs(axes, x.shape):
        x = _product(x, run)
    return x


def _runs(axes, shape):
    """Splits axes into runs of neighbors with not too many rows."""
    runs = []
    for axis in sorted(axes):
        if (
            runs
            and axis == runs[-1][-1] + 1
            and _fits([*runs[-1], axis], shape)
        ):
            runs[-1].append(axis)
        else:
            runs.append([axis])
    return runs[::-1]


def _fits(run, shape):
    # Whether one product adds them up.
    sizes = [shape[axis] for axis in run]
    return None not in sizes and math.prod(sizes) <= _MOST_ROWS


def _product(x, run, by=None):
    sizes = _sizes(x)
    before, after = sizes[: run[0]], sizes[run[-1] + 1 :]
    inside = math.prod(sizes[run[0] : run[-1] + 1])
    if not after:
        by = tf.ones([inside], x.dtype) if by is None else by
        view = tf.reshape(x, [math.prod(before), inside])
        result = tf.matmul(view, tf.reshape(by, [inside, 1]))
    elif by is None:
        view = tf.reshape(x, [math.prod(before), inside, math.prod(after)])
        result = _rows(view)
    else:
        view = tf.reshape(x, [inside, math.prod(after)])
        result = tf.matmul(tf.reshape(by, [1, inside]), view)
    return _with_ones(result, x, run, sizes)


def _products(x, run, by, lead):
    """Sums x * by over a run of axes, a product for each of leading axes."""
    sizes = _sizes(x)
    many, before, inside, after = (
        math.prod(sizes[start:end])
        for start, end in (
            (0, lead),
            (lead, run[0]),
            (run[0], run[-1] + 1),
            (run[-1] + 1, None),
        )
    )
    if run[0] == lead:
        vectors = tf.reshape(by, [many, 1, inside])
        result = tf.matmul(vectors, tf.reshape(x, [many, inside, after]))
    else:
        vectors = tf.reshape(by, [many, inside, 1])
        result = tf.matmul(tf.reshape(x, [many, before, inside]), vectors)
    return _with_ones(result, x, run, sizes)


def _with_ones(sums, x, run, sizes):
    """Returns sums over a run of axes of `x`, which are of size 1."""
    shapes = [
        [*shape[: run[0]], *[1] * len(run), *shape[run[-1] + 1 :]]
        for shape in (sizes, x.shape.as_list())
    ]
    result = tf.reshape(sums, shapes[0])
    result.set_shape(shapes[1])
    return result


def _sizes(x):
    static = x.shape.as_list()
    return static if None not in static else tf.unstack(tf.shape(x))


def _rows(view):
    """Sums over the middle one of three axes, [a, rows, b] to [a, 1, b]."""
    if view.shape[1] is None or view.shape[1] > _MOST_ROWS:
        a, rows, b = tf.unstack(tf.shape(view))
        chunks = rows // _MOST_ROWS
        rest = view[:, chunks * _MOST_ROWS :]
        whole = view[:, : chunks * _MOST_ROWS]
        whole = tf.reshape(whole, [a * chunks, _MOST_ROWS, b])
        parts = tf.reshape(_add_up(whole), [a, chunks, b])
        view = tf.concat([parts, rest], 1)
    return _add_up(view)


def _add_up(view):
    # Sizes of the tensor, not of its static shape: vectorized over runs, ones
    # that are the same for all would take a tenth more memory under XLA.
    sizes = tf.shape(view)
    return tf.matmul(tf.ones([sizes[0], 1, sizes[1]], view.dtype), view)
