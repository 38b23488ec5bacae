"""TensorFlow's own batch norm kernel, where there is one and it is right."""

import tensorflow as tf

from .sums import on_cpu, under_xla

_TYPES = (tf.float32, tf.bfloat16, tf.float16)

# cuDNN refuses smaller ones.
_SMALLEST_EPSILON_OF_CUDNN = 1.001e-5


def has_kernel(x, axis, epsilon):
    """Returns whether the kernel can normalize `x` over all axes but `axis`.

    XLA replaces it with something that is slow on the CPU, so under XLA the
    answer is no.
    """
    return (
        axis % len(x.shape) == len(x.shape) - 1
        and x.dtype in _TYPES
        and (epsilon >= _SMALLEST_EPSILON_OF_CUDNN or on_cpu())
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
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=_as_images(x),
        scale=gamma,
        offset=beta,
        mean=tf.zeros([0]),
        variance=tf.zeros([0]),
        epsilon=epsilon,
        is_training=True,
    )
    # The kernel returns the unbiased variance, and 0 of a single row.
    rows = tf.cast(tf.size(x, tf.int64) // x.shape[-1], tf.float32)
    variance *= tf.maximum(rows - 1, 1) / rows
    y = tf.reshape(y, tf.shape(x))
    return y, tf.stop_gradient(mean), tf.stop_gradient(variance), rows


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
