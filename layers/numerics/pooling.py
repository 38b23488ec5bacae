"""Moments of a whole, from those of its parts.

Moments are (mean, variance, count). Variances are sums of terms that are never
negative.
"""

import tensorflow as tf

from .sums import total


def pool(mean, variance, count, axis):
    """Returns the moments of all parts along an axis together.

        mean = sum(share_i mean_i),  share_i = count_i / sum(count)
        variance = sum(share_i (variance_i + (mean_i - mean)^2))

    The axis stays, with size 1. Where nothing counts, all are 0.

    Args:
        mean, variance: of the parts.
        count: of the parts, of the same rank; None if all are equal. Then the
            result's is how many parts there are.
        axis: 0 or greater.
    """
    if count is None:
        every = tf.cast(tf.shape(mean)[axis], mean.dtype)
    else:
        every = total(count, [axis])
        share = tf.math.divide_no_nan(count, every)

    def average(values):
        if count is None:
            return tf.math.divide_no_nan(total(values, [axis]), every)
        return total(share * values, [axis])

    center = average(mean)
    return center, average(variance + tf.square(mean - center)), every


def merge(one, other):
    """Returns the moments of two parts together.

        mean = (1-w) one's + w other's,  w = count / (one's + other's count)
        variance = (1-w) one's + w other's + w (1-w) (difference of means)^2

    Args:
        one, other: moments whose shapes broadcast. If nothing counts, the
            result is `one`.
    """
    (mean, variance, count), (other_mean, other_variance, other_count) = (
        one,
        other,
    )
    every = count + other_count
    w = tf.math.divide_no_nan(other_count, every)
    gap = other_mean - mean
    variance = w * other_variance + (1 - w) * variance
    return mean + w * gap, variance + w * (1 - w) * tf.square(gap), every


def pool_groups(mean, variance, axis, groups):
    """Returns mean and variance of each group, for all its members.

    The members of a group stand side by side along `axis`, and are moments of
    equally many values. Of a single group they have size 1 there.
    """
    size = mean.shape[axis]
    if groups == size:
        return mean, variance
    if groups == 1:
        return pool(mean, variance, None, axis)[:2]
    shape = [-1, *mean.shape[1:]]
    split = [*shape[:axis], groups, size // groups, *shape[axis + 1 :]]
    parts = [tf.reshape(x, split) for x in (mean, variance)]
    ones = tf.ones_like(parts[0])
    pooled = pool(*parts, None, axis + 1)[:2]
    return tuple(tf.reshape(x * ones, shape) for x in pooled)
