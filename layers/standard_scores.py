"""Products that are standardized, without an operation to center them.

A product is centered if one of its factors is, and that is the smaller work:
over the batch the mean of `x @ kernel` is that of `x`, times the kernel; over
the features it is `x` times the mean of the kernel's columns.
"""

import dataclasses

import tensorflow as tf

from .sums import total


@dataclasses.dataclass(frozen=True)
class Scores:
    """Standardizes over the first axis or the last.

        scores(x) = (x - mean) / sqrt(variance + epsilon)

    Attributes:
        over_batch: whether over the first axis, not the last.
        epsilon: added to the variance.
        dtype: of the products.
    """

    over_batch: bool
    epsilon: float
    dtype: str

    def mean(self, x, count=None):
        """Returns the mean over the axis, which stays of size 1.

        Args:
            x: a tensor, 0 where it does not count.
            count: how many count, if not all of them.
        """
        axis = 0 if self.over_batch else len(x.shape) - 1
        if count is None or not self.over_batch:
            count = tf.cast(tf.shape(x)[axis], x.dtype)
        # XLA's sums over rows are fast; those over columns are not.
        add = tf.reduce_sum if self.over_batch else total
        axes = (axis,)
        sums = add(x, axes, keepdims=True) if self.over_batch else add(x, axes)
        return sums / count

    def center(self, x, real=None, count=None):
        """Returns `x` minus its mean, and the mean.

        Args:
            x: a tensor.
            real: boolean, what counts. The rest gets 0.
            count: how many count along the first axis.
        """
        mask = real if self.over_batch else None
        mean = self.mean(_only(x, mask), count)
        return _only(x - mean, mask), mean

    def inverse(self, variance):
        """Returns 1 / sqrt(variance + epsilon)."""
        return tf.math.rsqrt(variance + self.epsilon)

    def gradient(self, dy, scores, inverse, count=None):
        """Returns the gradient to what is centered, without its mean's part.

        That part is left to whoever centered it.
        """
        return inverse * (dy - scores * self.mean(dy * scores, count))

    def product(self, a, b, **kwargs):
        """Returns `a @ b`, computed in `dtype`."""
        narrow = tf.cast(a, self.dtype), tf.cast(b, self.dtype)
        return tf.cast(tf.matmul(*narrow, **kwargs), a.dtype)

    def centered(self, x, kernel, real=None, count=None):
        """Returns the two factors, one of them centered, and the mean of `x`.

        The mean is None for the features, which center the kernel.
        """
        if self.over_batch:
            x, mean = self.center(x, real, count)
            return x, kernel, mean
        return x, self.center(kernel)[0], None

    def of_product(self, x, kernel, real=None):
        """Returns the scores of `x @ kernel`, and its mean and variance.

        The moments have no gradient.

        Args:
            x: (batch, ..., features).
            kernel: (features, units).
            real: boolean, what counts, (batch, ..., 1); or None.
        """
        count = None if real is None else counts(real, x.dtype)

        @tf.custom_gradient
        def run(x, kernel):
            a, b, mean_x = self.centered(x, kernel, real, count)
            y = self.product(a, b)
            variance = self.mean(tf.square(y), count)
            inverse = self.inverse(variance)
            scores = y * inverse
            mean = scores[..., :1] if mean_x is None else self.product(mean_x, b)

            def gradient(dy, *_):
                dy = self.gradient(dy, scores, inverse, count)
                d_a = self.product(dy, b, transpose_b=True)
                d_b = self.product(rows(a), rows(dy), transpose_a=True)
                if self.over_batch:
                    return self.center(d_a, real, count)[0], d_b
                return d_a, self.center(d_b)[0]

            return (scores, mean, variance), gradient

        scores, *moments = run(x, kernel)
        return scores, tuple(tf.stop_gradient(value) for value in moments)


def counts(real, dtype):
    """Returns how many examples count, 1 at least, (1, ..., 1)."""
    count = tf.reduce_sum(tf.cast(real, dtype), 0, keepdims=True)
    return tf.maximum(count, 1)


def rows(x):
    """Returns `x` with all axes but the last as one."""
    return tf.reshape(x, [-1, x.shape[-1]])


def _only(x, real):
    return x if real is None else tf.where(real, x, tf.zeros([], x.dtype))
