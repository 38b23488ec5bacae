"""Moments of each example, alone and together with a reference batch.

Moments are (mean, variance, count). All have the rank of the inputs.
"""

import tensorflow as tf

from .arithmetic import moments
from .example_sums import total_per_example
from .pooling import merge


def example_moments(x, channels, mask=None):
    """Returns the moments of each example over all axes but `channels`.

    They have the same bits whatever other examples are in `x`.
    """
    axes = [axis for axis in range(1, len(x.shape)) if axis != channels]
    mean, variance, count = moments(x, axes, mask, add=total_per_example)
    return mean, variance, count + tf.zeros_like(mean)


def mix(own, reference):
    """Returns mean and variance of each example together with the reference.

    A reference that counts nothing was never seen; then they are what it holds.
    """
    mean, variance, count = own
    count = tf.where(reference[2] > 0, count, 0)
    return merge(reference, (mean, variance, count))[:2]
