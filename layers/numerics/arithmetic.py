"""The arithmetic of normalization: moments, then standardize, then affine.

Every tensor here has the rank of `x`: statistics have size 1 on the axes they
were taken over, `gamma` and `beta` on the axes they are shared over. The
gradients are written by hand, from operations that can be differentiated again
(gradient penalties do).
"""

import functools
import math

import tensorflow as tf

from .sums import shared_axes, total


def widen(x):
    """Returns `x` in float32 at least; float64 stays float64."""
    x = tf.convert_to_tensor(x)
    return x if x.dtype == tf.float64 else tf.cast(x, tf.float32)


def moments(x, axes, mask=None, synchronized=False, add=total):
    """Returns mean, biased variance and count of `x` over `axes`.

    mean = total(x) / count,  variance = total((x - mean)^2) / count

    Where nothing counts (all masked, no rows) mean and variance are 0.

    Args:
        x: a floating point tensor, see `widen`.
        axes: the axes to take the statistics over, 0 or greater.
        mask: boolean, of the rank of `x` and broadcast against it; positions
            that are False do not count, and may hold anything, even NaN.
        synchronized: whether to count the positions of all replicas.
        add: `total`, or another function that sums over axes.
    """
    axes = tuple(axes)
    reduce = _all_reduce if synchronized else tf.identity
    count = reduce(_count(x, axes, mask))

    keep = functools.partial(_keep, mask)

    def average(values):
        return tf.math.divide_no_nan(reduce(add(values, axes)), count)

    @tf.custom_gradient
    def run(x):
        # Before all else: a NaN times the 0 of a gradient is NaN.
        x = keep(x)
        mean = average(x)
        variance = average(keep(tf.square(x - mean)))

        def gradient(d_mean, d_variance):
            offset = tf.math.divide_no_nan(reduce(d_mean), count)
            slope = tf.math.divide_no_nan(reduce(2 * d_variance), count)
            return keep((x - mean) * slope + offset)

        return (mean, variance), gradient

    return (*run(x), count)


def normalize(x, mean, variance, epsilon, gamma=None, beta=None, masked=False):
    """Returns gamma * (x - mean) / sqrt(variance + epsilon) + beta.

    Gradients flow to all tensors, `mean` and `variance` included.

    Args:
        x, mean, variance, gamma, beta: tensors, see above.
        epsilon: added to the variance.
        masked: whether some positions of `x` may hold anything, even NaN. They
            add nothing to gradients if what comes back to them is 0.
    """
    multiply = tf.math.multiply_no_nan if masked else tf.multiply
    ones = tf.ones([1] * len(x.shape), x.dtype)
    gamma = ones if gamma is None else gamma
    beta = tf.zeros_like(ones) if beta is None else beta

    @tf.custom_gradient
    def run(x, mean, variance, gamma, beta):
        inverse = _inverse_root(variance + epsilon)

        def gradient(dy):
            own, shared = shared_axes(mean), shared_axes(gamma)
            common = set(own).intersection(shared, shared_axes(beta))
            # What all sums below sum over is summed once.
            slopes = total(dy, sorted(common))
            products = total(multiply(x - mean, dy), sorted(common))
            d_mean = -inverse * total(slopes, own, gamma)
            d_inverse = total(products, own, gamma)
            # In this order: inverse^3 leaves the range of float32 early.
            d_variance = -0.5 * inverse**2 * (inverse * d_inverse)
            d_gamma = total(products, shared, inverse)
            d_beta = total(slopes, shared_axes(beta))
            d_x = _scale(dy, inverse, gamma)
            return d_x, d_mean, d_variance, d_gamma, d_beta

        return _scale(x - mean, inverse, gamma) + beta, gradient

    return run(x, mean, variance, gamma, beta)


def _inverse_root(x):
    # Not rsqrt: its last bit depends on where in the tensor the number is, and
    # graphs turn any other quotient by a root into rsqrt. 0 has the inverse 0.
    return tf.math.divide_no_nan(tf.ones([], x.dtype), tf.sqrt(x))


def _scale(x, inverse, gamma):
    # The product of the two small ones first, unless it is as large as x.
    if set(shared_axes(inverse)) & set(shared_axes(gamma)):
        return x * (inverse * gamma)
    return x * inverse * gamma


def _keep(mask, values):
    return values if mask is None else tf.where(mask, values, 0)


def _count(x, axes, mask):
    size = _size(x, axes, x.dtype)
    if mask is None:
        return size
    counted = total(tf.cast(mask, x.dtype), axes)
    # The mask has size 1 on axes that it does not tell apart.
    return counted * tf.math.divide_no_nan(size, _size(mask, axes, x.dtype))


def _size(x, axes, dtype):
    sizes = tf.cast(tf.shape(x), dtype)
    # One position, where there are no axes.
    return math.prod((sizes[a] for a in axes), start=tf.ones([], dtype))


def _all_reduce(x):
    replica = tf.distribute.get_replica_context()
    return x if replica is None else replica.all_reduce("SUM", x)


def spread(weight, axes, x):
    """Returns `weight` with the type and rank of `x`, its axes at `axes`.

    A missing weight (None) stays None.
    """
    if weight is None:
        return None
    shape = [1] * len(x.shape)
    for axis, size in zip(axes, weight.shape, strict=True):
        shape[axis] = size
    return tf.reshape(tf.cast(weight, x.dtype), shape)


def mean_square(x, axes, mask=None):
    """Returns total(x^2) / count, which stands in for a variance about 0.

    Args:
        x, axes, mask: as of `moments`.
    """
    axes = tuple(axes)
    count = _count(x, axes, mask)

    keep = functools.partial(_keep, mask)

    @tf.custom_gradient
    def run(x):
        def gradient(d_square):
            slope = tf.math.divide_no_nan(2 * d_square, count)
            return keep(x) * slope

        square = total(tf.square(keep(x)), axes)
        return tf.math.divide_no_nan(square, count), gradient

    return run(x)
