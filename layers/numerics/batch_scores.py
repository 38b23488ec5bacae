"""Products that are standardized over the batch."""

import dataclasses

import tensorflow as tf

from .standard_scores import Scores
from .target import on_cpu, under_xla

#: How many rows XLA adds up as one window.
_WINDOW = 32


@dataclasses.dataclass(frozen=True)
class BatchScores(Scores):
    """Standardizes over the last axis but one, the batch."""

    shares_moments = True

    def mean(self, x, count=None):
        """Returns the mean over the batch; 0 of an empty one."""
        value = _sum_of_rows(x)
        if count is None and not x.shape[-2]:  # Not known, or 0.
            return tf.math.divide_no_nan(value, _count(x, None))
        return value / _count(x, count)

    def center(self, x, real=None, count=None):
        """Returns `x` minus its mean, 0 where nothing counts, and the mean."""
        mean = self.mean(_only(x, real), count)
        return _only(x - mean, real), mean

    def center_examples(self, x, real=None, count=None):
        """Returns `x` centered."""
        return self.center(x, real, count)[0]

    def center_kernel(self, kernel):
        """Returns the kernel as it is."""
        return kernel

    def centered(self, x, kernel, real=None, count=None):
        """Returns `x` centered, the kernel, and the mean of `x`."""
        x, mean = self.center(x, real, count)
        return x, kernel, mean

    def summed(self, x):
        """Returns the sum over the batch, one row."""
        return _sum_of_rows(x)

    def scale(self, x, inverse, gamma):
        """Returns gamma * x * inverse, for a centered `x`."""
        # In this order the fewest operations are of the size of x.
        return x * (inverse * gamma)

    def gradient(self, dy, x, inverse, gamma, count=None):
        """Returns the gradients to a centered `x`, and to gamma, one row."""
        # In this order the fewest operations are of the size of x.
        scale = inverse * gamma
        slope = self.mean(dy * x, count) * inverse
        d = dy * scale - x * (inverse * scale * slope)
        return d, slope * _count(dy, count)


def _count(x, count):
    if count is not None:
        return count
    return tf.cast(tf.shape(x)[len(x.shape) - 2], x.dtype)


def _only(x, real):
    return x if real is None else tf.where(real, x, tf.zeros([], x.dtype))


def _sum_of_rows(x):
    """Sums over the last axis but one, which stays of size 1."""
    count = x.shape[-2]
    if under_xla() and on_cpu() and count and count <= _WINDOW:
        return _one_window(x) * count
    return tf.reduce_sum(x, -2, keepdims=True)


def _one_window(x):
    """Returns the mean over the last axis but one, which stays of size 1.

    XLA adds up rows in windows of 32. A sum of fewer it would compute together
    with what is added up, one number at a time.
    """
    count, features = x.shape[-2:]
    view = tf.reshape(x, [-1, count, features, 1])
    pooled = tf.nn.avg_pool2d(view, (count, 1), (count, 1), "VALID")
    return tf.reshape(pooled, [*tf.unstack(tf.shape(x))[:-2], 1, features])
