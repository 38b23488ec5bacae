"""Moments of a reference batch, and of each example together with it.

Moments are (mean, variance, count). All have the rank of the inputs. Variances
are sums of terms that are never negative.
"""

import tensorflow as tf

from .arithmetic import moments
from .example_sums import total_per_example
from .sums import total


def example_moments(x, channels, mask=None):
    """Returns the moments of each example over all axes but `channels`.

    They have the same bits whatever other examples are in `x`.
    """
    axes = [axis for axis in range(1, len(x.shape)) if axis != channels]
    mean, variance, count = moments(x, axes, mask, add=total_per_example)
    return mean, variance, count + tf.zeros_like(mean)


def pool(mean, variance, count):
    """Returns the moments of all examples together, given those of each."""
    every = total(count, [0])
    share = tf.math.divide_no_nan(count, every)
    pooled = total(share * mean, [0])
    spread = total(share * (variance + tf.square(mean - pooled)), [0])
    return pooled, spread, every


def mix(own, reference):
    """Returns mean and variance of each example together with the reference.

    With w = own count / (own count + reference count):

        mean = w own mean + (1-w) reference mean
        variance = w own variance + (1-w) reference variance
                   + w (1-w) (own mean - reference mean)^2

    A reference that counts nothing was never seen; then w = 0.
    """
    mean, variance, count = own
    reference_mean, reference_variance, reference_count = reference
    w = tf.math.divide_no_nan(count, count + reference_count)
    w = tf.where(reference_count > 0, w, 0)
    gap = mean - reference_mean
    mixed_variance = w * variance + (1 - w) * reference_variance
    return (
        reference_mean + w * gap,
        mixed_variance + w * (1 - w) * tf.square(gap),
    )
