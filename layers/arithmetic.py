"""The arithmetic of normalization: moments, then standardize, then affine.

Every tensor here keeps the rank of `x`; statistics have size 1 on the axes they
were taken over, `gamma` and `beta` on the axes they are shared over. The
gradients are written by hand, from operations that can be differentiated again
(gradient penalties do).
"""

import math

import tensorflow as tf

from .sums import shared_axes, total


def widen(x):
    """Returns `x` in float32 at least; float64 stays float64."""
    x = tf.convert_to_tensor(x)
    return x if x.dtype == tf.float64 else tf.cast(x, tf.float32)


def moments(x, axes, mask=None, synchronized=False):
    """Returns mean, biased variance and count of `x` over `axes`.

    mean = total(x) / count,  variance = total((x - mean)^2) / count

    Where nothing counts (all masked, no rows) mean and variance are 0.

    Args:
        x: a floating point tensor, see `widen`.
        axes: the axes to take the statistics over, 0 or greater.
        mask: boolean, of the rank of `x` and broadcast against it; positions
            that are False do not count.
        synchronized: whether to count the positions of all replicas.
    """
    axes = tuple(axes)
    reduce = _all_reduce if synchronized else tf.identity
    count = reduce(_count(x, axes, mask))

    def keep(values):
        return values if mask is None else tf.where(mask, values, 0)

    @tf.custom_gradient
    def run(x):
        mean = tf.math.divide_no_nan(reduce(total(keep(x), axes)), count)
        squares = keep(tf.square(x - mean))
        variance = tf.math.divide_no_nan(reduce(total(squares, axes)), count)

        def gradient(d_mean, d_variance):
            a = tf.math.divide_no_nan(reduce(d_mean), count)
            b = tf.math.divide_no_nan(reduce(2 * d_variance), count)
            return keep(a + (x - mean) * b)

        return (mean, variance), gradient

    return (*run(x), count)


def _count(x, axes, mask):
    sizes = tf.shape(x)
    size = tf.cast(math.prod([sizes[i] for i in axes]), x.dtype)
    if mask is None:
        return size
    mask_sizes = tf.shape(mask)
    mask_size = tf.cast(math.prod([mask_sizes[i] for i in axes]), x.dtype)
    counted = total(tf.cast(mask, x.dtype), axes)
    return counted * tf.math.divide_no_nan(size, mask_size)


def _all_reduce(x):
    replica = tf.distribute.get_replica_context()
    return x if replica is None else replica.all_reduce("SUM", x)


def normalize(x, mean, variance, epsilon, gamma=None, beta=None):
    """Returns gamma * (x - mean) / sqrt(variance + epsilon) + beta.

    Gradients flow to all tensors, `mean` and `variance` included. All have the
    rank and the type of `x` and broadcast against it.
    """
    one = tf.ones([1] * len(x.shape), x.dtype)
    gamma = one if gamma is None else gamma
    beta = 0 * one if beta is None else beta

    @tf.custom_gradient
    def run(x, mean, variance, gamma, beta):
        inverse = tf.math.rsqrt(variance + epsilon)

        def gradient(dy):
            own, shared = shared_axes(mean), shared_axes(gamma)
            product = dy * (x - mean)
            d_mean = -inverse * total(dy, own, gamma)
            d_inverse = total(product, own, gamma)
            # In this order, because inverse^3 leaves float32's range early.
            d_variance = -0.5 * inverse**2 * (inverse * d_inverse)
            d_gamma = total(product, shared, inverse)
            d_beta = total(dy, shared_axes(beta))
            return (
                _scale(dy, inverse, gamma),
                d_mean,
                d_variance,
                d_gamma,
                d_beta,
            )

        return _scale(x - mean, inverse, gamma) + beta, gradient

    return run(x, mean, variance, gamma, beta)


def _scale(x, inverse, gamma):
    # The product of the two small ones first, unless it is as large as x.
    if set(shared_axes(inverse)) & set(shared_axes(gamma)):
        return x * (inverse * gamma)
    return x * inverse * gamma
