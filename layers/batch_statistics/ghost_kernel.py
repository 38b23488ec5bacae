"""Ghost batches by TensorFlow's batch norm kernel, one after the other."""

import functools
import math

import tensorflow as tf

from ..numerics import fused
from ..numerics.arithmetic import moments, normalize, spread
from ..numerics.recomputing import differentiated_as, gradients
from ..numerics.target import on_cpu
from . import ghosts

#: How many values of a group make the kernel faster than the formula.
_FEWEST = 2**17


def pays(x, size, axis, epsilon):
    """Returns whether the kernel is there, and faster.

    Args:
        x, size, epsilon: as of `ghosts.normalize_by_groups`.
        axis: of the channels.
    """
    example = x.shape[1:]
    return (
        on_cpu()
        and fused.has_kernel(x, axis, epsilon)
        and None not in example
        and size * math.prod(example) >= _FEWEST
    )


def normalize_by_groups(x, size, epsilon, gamma, beta):
    """Does what `ghosts.normalize_by_groups` does, if it `pays`.

    Args:
        x: of type float32, bfloat16 or float16, channels last.
        size, epsilon: as there.
        gamma, beta: float32 tensors of shape (channels,).

    Returns:
        What that returns. No gradient flows through the moments.
    """
    shape, channels = tf.shape(x), x.shape[-1]
    positions = math.prod(x.shape[1:-1])
    images = tf.reshape(x, [shape[0], positions, 1, channels])
    images = tf.ensure_shape(images, [x.shape[0], positions, 1, channels])
    found = [
        _normalize(part, gamma, beta, epsilon)
        for part in ghosts.grouped(images, size)
    ]
    y, *rows = map(ghosts.joined, zip(*found, strict=True))
    return tf.ensure_shape(tf.reshape(y, shape), x.shape), rows


def _normalize(groups, gamma, beta, epsilon):
    """Normalizes groups of one length.

    Args:
        groups: of shape (groups, examples, positions, 1, channels).

    Returns:
        The outputs, of shape (examples of all groups, positions, 1, channels);
        mean, biased variance and count of each group.
    """

    @tf.custom_gradient
    def run(groups, gamma, beta):
        def normalized(i):
            y, *found = fused.kernel(groups[i], gamma, beta, epsilon)
            # On the CPU the last result is empty.
            return y, *(v[tf.newaxis] for v in found[:-1])

        y, mean, variance, *saved = _each(normalized, groups, 4)

        def gradient(dy, *_):
            dy = tf.reshape(dy, tf.shape(groups))
            return _gradient(dy, groups, gamma, epsilon, saved)

        return (y, mean, variance), gradient

    y, mean, variance = run(groups, gamma, beta)
    examples, positions = tf.unstack(tf.shape(groups)[1:3])
    count = tf.cast(examples * positions, tf.float32) * tf.ones_like(mean)
    variance = fused.biased(variance, count)
    return y, tf.stop_gradient(mean), tf.stop_gradient(variance), count


def _gradient(dy, groups, gamma, epsilon, saved):
    def by_kernel(dy, groups, gamma):
        def of_group(i):
            kept = [*(v[i] for v in saved), tf.zeros([0])]
            d_x, *sums = fused.gradient_kernel(
                dy[i], groups[i], gamma, epsilon, kept
            )
            return d_x, *(v[tf.newaxis] for v in sums)

        d_x, *sums = _each(of_group, groups, 2)
        d_x = tf.reshape(d_x, tf.shape(groups))
        return d_x, *(tf.reduce_sum(v, 0) for v in sums)

    formula = functools.partial(_gradient_by_formula, epsilon)
    return differentiated_as(formula, by_kernel)(dy, groups, gamma)


def _gradient_by_formula(epsilon, dy, groups, gamma):
    """Computes what the kernel does, as operations of any derivative."""

    def outputs(groups, gamma, beta):
        x = tf.cast(groups, tf.float32)
        mean, variance, _ = moments(x, [1, 2])
        affine = [spread(weight, [4], x) for weight in (gamma, beta)]
        y = normalize(x, mean, variance, epsilon, *affine)
        return tf.cast(y, groups.dtype)

    inputs = [groups, gamma, tf.zeros_like(gamma)]
    return tuple(gradients(outputs, inputs, [dy]))


def _each(function, groups, rows):
    """Returns what a function returns of all groups, joined along axis 0.

    Args:
        function: of the number of a group, to its outputs, of the shape and
            type of its inputs, and to rows of a float32 value of each channel.
        groups: of shape (groups, examples, positions, 1, channels).
        rows: how many rows it returns.
    """
    number, *sizes = tf.unstack(tf.shape(groups))

    def more(i, *_):
        return i < number

    def step(i, *arrays):
        pairs = zip(arrays, function(i), strict=True)
        return (i + 1, *(array.write(i, value) for array, value in pairs))

    kinds = [(groups.dtype, groups.shape[2:])]
    kinds += [(tf.float32, groups.shape[-1:])] * rows
    arrays = [
        tf.TensorArray(
            dtype, number, infer_shape=False, element_shape=[None, *shape]
        )
        for dtype, shape in kinds
    ]
    _, *arrays = tf.while_loop(more, step, (0, *arrays))
    y, *rows = (array.concat() for array in arrays)
    # `tf.vectorized_map` loses the shapes of what no groups return.
    return [
        tf.reshape(y, [number * sizes[0], *sizes[1:]]),
        *(tf.reshape(row, [number, sizes[-1]]) for row in rows),
    ]
