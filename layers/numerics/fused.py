"""TensorFlow's own batch norm kernel, where there is one and it is right."""

import contextlib
import contextvars
import functools

import tensorflow as tf

from .recomputing import differentiated_as
from .sums import total
from .target import on_cpu, under_xla

_TYPES = (tf.float32, tf.bfloat16, tf.float16)

# cuDNN refuses smaller ones.
_SMALLEST_EPSILON_OF_CUDNN = 1.001e-5

_avoided = contextvars.ContextVar("avoided", default=False)


@contextlib.contextmanager
def without_kernel():
    """Makes `has_kernel` say no while in the block.

    `tf.vectorized_map` does not take the kernel with a gamma for each call.
    """
    token = _avoided.set(True)
    try:
        yield
    finally:
        _avoided.reset(token)


def has_kernel(x, axis, epsilon):
    """Returns whether the kernel can normalize `x` over all axes but `axis`.

    XLA replaces it with something that is slow on the CPU, so under XLA the
    answer is no.
    """
    return (
        axis % len(x.shape) == len(x.shape) - 1
        and x.dtype in _TYPES
        and (epsilon >= _SMALLEST_EPSILON_OF_CUDNN or on_cpu())
        and not _avoided.get()
        and not under_xla()
    )


def normalize_batch(x, gamma, beta, epsilon):
    """Normalizes by the batch's statistics; returns outputs and moments.

    Args:
        x: a tensor of any rank, channels last, float32, bfloat16 or float16.
        gamma, beta: float32 tensors of shape (channels,).
        epsilon: added to the variance.

    Returns:
        The outputs in the type of `x`; the float32 mean and biased variance of
        shape (channels,), through which no gradient flows, NaN if there are no
        rows; the number of rows.
    """
    y, mean, variance = _kernel(_as_images(x), gamma, beta, epsilon)
    rows = tf.cast(tf.size(x, tf.int64) // x.shape[-1], tf.float32)
    variance = biased(variance, rows)
    y = tf.reshape(y, tf.shape(x))
    return y, tf.stop_gradient(mean), tf.stop_gradient(variance), rows


def _kernel(x, gamma, beta, epsilon):
    """Runs the kernel over images; the gradient is for the outputs alone."""

    @tf.custom_gradient
    def run(x, gamma, beta):
        y, mean, variance, *saved = kernel(x, gamma, beta, epsilon)

        def gradient(dy, *_):
            return _gradient(dy, x, gamma, epsilon, saved)

        return (y, mean, variance), gradient

    return run(x, gamma, beta)


def kernel(x, gamma, beta, epsilon):
    """Returns what the kernel does with images, which has no gradient yet.

    Returns:
        The outputs, mean and unbiased variance, and what `gradient_kernel` is
        given of it.
    """
    return tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=gamma,
        offset=beta,
        mean=tf.zeros([0]),
        variance=tf.zeros([0]),
        epsilon=epsilon,
        is_training=True,
    )


def biased(variance, rows):
    """Returns the biased variance for the kernel's; of one row both are 0."""
    return variance * (tf.maximum(rows - 1, 1) / rows)


def gradient_kernel(dy, x, gamma, epsilon, saved):
    """Returns the gradients to x, gamma and beta by the kernel for them."""
    results = tf.raw_ops.FusedBatchNormGradV3(
        y_backprop=dy,
        x=x,
        scale=gamma,
        reserve_space_1=saved[0],
        reserve_space_2=saved[1],
        reserve_space_3=saved[2],
        epsilon=epsilon,
        is_training=True,
    )
    return tuple(results[:3])


def _gradient(dy, x, gamma, epsilon, saved):
    """Returns what `gradient_kernel` does, which can be derived again.

    TensorFlow's gradient of that kernel stops a part of the third derivatives.
    So it is derived from the formula that the kernel computes.
    """

    def by_kernel(dy, x, gamma):
        return gradient_kernel(dy, x, gamma, epsilon, saved)

    formula = functools.partial(_gradient_by_formula, epsilon=epsilon)
    return differentiated_as(formula, by_kernel)(dy, x, gamma)


def _gradient_by_formula(dy, x, gamma, epsilon):
    """Computes what `_gradient` does, as operations of any derivative."""
    rows = tf.cast(tf.size(x, tf.int64) // x.shape[-1], tf.float32)
    wide_x, dy = tf.cast(x, tf.float32), tf.cast(dy, tf.float32)

    def mean(values):
        sums = total(values, [0, 1, 2])
        return tf.math.divide_no_nan(sums, rows)

    offset = wide_x - mean(wide_x)
    inverse = tf.math.rsqrt(mean(tf.square(offset)) + epsilon)
    slope = mean(dy)
    product = inverse * mean(dy * offset)
    d_x = gamma * inverse * (dy - slope - offset * (inverse * product))
    d_gamma, d_beta = (tf.reshape(v * rows, [-1]) for v in (product, slope))
    return tf.cast(d_x, x.dtype), d_gamma, d_beta


def normalize_fixed(x, mean, variance, gamma, beta, epsilon):
    """Normalizes by given float32 statistics of shape (channels,).

    No gradient flows to `mean` and `variance`.
    """
    y, *_ = tf.raw_ops.FusedBatchNormV3(
        x=_as_images(x),
        scale=gamma,
        offset=beta,
        mean=tf.stop_gradient(mean),
        variance=tf.stop_gradient(variance),
        epsilon=epsilon,
        is_training=False,
    )
    return tf.reshape(y, tf.shape(x))


def _as_images(x):
    if len(x.shape) == 4:
        return x
    return tf.reshape(x, [-1, 1, 1, x.shape[-1]])
