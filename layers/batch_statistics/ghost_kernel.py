"""Ghost batches by TensorFlow's batch norm kernel, one after the other."""

import functools
import math

import tensorflow as tf

from ..numerics import fused
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
    sizes = tf.shape(x)
    positions = math.prod(x.shape[1:-1])
    images = tf.reshape(x, [sizes[0], positions, 1, x.shape[-1]])
    starts = ghosts.starts(sizes[0], size)
    y, mean, variance = _normalize(images, starts, size, epsilon, gamma, beta)
    rows = tf.cast((starts[1:] - starts[:-1]) * positions, tf.float32)
    count = rows[:, tf.newaxis] * tf.ones_like(mean)
    # The kernel returns the unbiased variance, and 0 of a single row.
    variance *= tf.maximum(count - 1, 1) / count
    moments = [tf.stop_gradient(v) for v in (mean, variance)]
    return tf.ensure_shape(tf.reshape(y, sizes), x.shape), [*moments, count]


def _normalize(x, starts, size, epsilon, gamma, beta):
    @tf.custom_gradient
    def run(x, gamma, beta):
        def normalized(rows, _):
            y, *found = fused.kernel(x[rows], gamma, beta, epsilon)
            # On the CPU the last result is empty.
            return y, *(v[tf.newaxis] for v in found[:-1])

        types = [x.dtype, *[tf.float32] * 4]
        y, mean, variance, *saved = _each(normalized, starts, types)

        def gradient(dy, *_):
            return _gradient(dy, x, gamma, starts, size, epsilon, saved)

        return (y, mean, variance), gradient

    return run(x, gamma, beta)


def _gradient(dy, x, gamma, starts, size, epsilon, saved):
    def by_kernel(dy, x, gamma):
        def of_group(rows, i):
            kept = [*(v[i] for v in saved), tf.zeros([0])]
            d_x, *sums = fused.gradient_kernel(
                dy[rows], x[rows], gamma, epsilon, kept
            )
            return d_x, *(v[tf.newaxis] for v in sums)

        types = [x.dtype, tf.float32, tf.float32]
        d_x, *sums = _each(of_group, starts, types)
        return d_x, *(tf.reduce_sum(v, 0) for v in sums)

    formula = functools.partial(_gradient_by_formula, size, epsilon)
    return differentiated_as(formula, by_kernel)(dy, x, gamma)


def _gradient_by_formula(size, epsilon, dy, x, gamma):
    def outputs(x, gamma, beta):
        wide = tf.cast(x, tf.float32)
        y, _ = ghosts.normalize_by_groups(wide, size, 3, epsilon, gamma, beta)
        return tf.cast(y, x.dtype)

    return tuple(gradients(outputs, [x, gamma, tf.zeros_like(gamma)], [dy]))


def _each(function, starts, types):
    """Returns what a function returns of all groups, joined along axis 0.

    Args:
        function: of the rows of a group and its number.
        starts: where the groups begin, and where the last one ends.
        types: of what it returns, tensors.
    """
    groups = tf.size(starts) - 1

    def more(i, *_):
        return i < groups

    def step(i, *arrays):
        results = function(slice(starts[i], starts[i + 1]), i)
        pairs = zip(arrays, results, strict=True)
        return (i + 1, *(array.write(i, value) for array, value in pairs))

    arrays = [
        tf.TensorArray(dtype, groups, infer_shape=False) for dtype in types
    ]
    _, *arrays = tf.while_loop(more, step, (0, *arrays))
    return [array.concat() for array in arrays]
