"""Products that are standardized, without an operation to center them.

A product is centered if one of its factors is, and that is the smaller work:
over the batch the mean of `x @ kernel` is that of `x`, times the kernel; over
the features it is `x` times the mean of the kernel's columns.
"""

import dataclasses

import tensorflow as tf

from .sums import total
from .target import on_cpu, under_xla

#: How many rows XLA adds up as one window.
_WINDOW = 32


@dataclasses.dataclass(frozen=True)
class Scores:
    """Standardizes over the last axis but one, or over the last.

        scores(x) = (x - mean) / sqrt(variance + epsilon)

    Attributes:
        over_batch: whether over the last axis but one, the batch.
        epsilon: added to the variance.
        dtype: of the products.
    """

    over_batch: bool
    epsilon: float
    dtype: str

    def mean(self, x, count=None, by=None):
        """Returns the mean of `x` over the axis, which stays of size 1.

        Args:
            x: a tensor, 0 where it does not count.
            count: how many examples count, if not all of them.
            by: factors of the features, (features,), if it is over them.
        """
        axis = len(x.shape) - 1 - self.over_batch
        if self.over_batch:
            return self._over_count(_sum_of_rows(x), x, count)
        if by is not None:
            by = tf.reshape(by, [1] * axis + [-1])
        return total(x, (axis,), by) / self._count(x, None)

    def _over_count(self, value, x, count):
        """Returns `value / count`, 0 of an empty batch."""
        if count is None and not x.shape[-2]:  # Not known, or 0.
            return tf.math.divide_no_nan(value, self._count(x, None))
        return value / self._count(x, count)

    def _count(self, x, count):
        if count is not None:
            return count
        axis = len(x.shape) - 1 - self.over_batch
        return tf.cast(tf.shape(x)[axis], x.dtype)

    def center(self, x, real=None, count=None):
        """Returns `x` minus its mean, and the mean.

        Args:
            x: a tensor.
            real: boolean, what counts. The rest gets 0.
            count: how many examples count.
        """
        mask = real if self.over_batch else None
        mean = self.mean(_only(x, mask), count)
        return _only(x - mean, mask), mean

    def variance(self, x, count=None):
        """Returns the variance of a centered `x`."""
        return self.mean(tf.square(x), count)

    def inverse(self, variance):
        """Returns 1 / sqrt(variance + epsilon)."""
        return tf.math.rsqrt(variance + self.epsilon)

    def summed(self, x):
        """Returns rows that are still to be added up, few of them."""
        return _sum_of_rows(x) if self.over_batch else x

    def scale(self, x, inverse, gamma):
        """Returns gamma * x * inverse, for a centered `x`."""
        # In this order the fewest operations are of the size of x.
        return x * (inverse * gamma) if self.over_batch else x * inverse * gamma

    def gradient(self, dy, x, inverse, gamma, count=None):
        """Returns the gradients to a centered `x`, and to gamma.

        The former without its mean's part, which is left to whoever centered
        it; the latter as rows that are still to be added up.

        Args:
            dy: the gradient to gamma * x * inverse.
        """
        # In each case the fewest operations are of the size of x.
        if self.over_batch:
            scale = inverse * gamma
            slope = self.mean(dy * x, count) * inverse
            d = dy * scale - x * (inverse * scale * slope)
            return d, slope * self._count(dy, count)
        products = dy * (x * inverse)
        slope = self.mean(products, by=gamma) * tf.square(inverse)
        return dy * gamma * inverse - x * slope, products

    def product(self, a, b, **kwargs):
        """Returns `a @ b`, computed in `dtype`."""
        narrow = tf.cast(a, self.dtype), tf.cast(b, self.dtype)
        return tf.cast(tf.matmul(*narrow, **kwargs), a.dtype)

    def mean_of_product(self, mean, kernel):
        """Returns the mean of `product(x, kernel)`, not rounded to `dtype`.

        Args:
            mean: that of `x`, (..., 1, features).
        """
        rounded = tf.cast(tf.cast(kernel, self.dtype), mean.dtype)
        result = tf.matmul(rows(mean), rounded)
        sizes = [*tf.unstack(tf.shape(mean))[:-1], kernel.shape[-1]]
        return tf.reshape(result, sizes)

    def centered(self, x, kernel, real=None, count=None):
        """Returns the two factors, one of them centered, and the mean of `x`.

        The mean is None for the features, which center the kernel.
        """
        if self.over_batch:
            x, mean = self.center(x, real, count)
            return x, kernel, mean
        return x, self.center(kernel)[0], None

    def centered_product(self, x, kernel, real=None):
        """Returns x @ kernel, centered, and the mean of `x` without a gradient.

        The mean is None for the features, which center the kernel.

        Args:
            x: (..., batch, features).
            kernel: (features, units).
            real: boolean, what counts, (..., batch, 1); or None.
        """
        count = None if real is None else counts(real, x.dtype)

        @tf.custom_gradient
        def run(x, kernel):
            a, b, mean = self.centered(x, kernel, real, count)
            means = [] if mean is None else [mean]

            def gradient(dy, *_):
                d_x = self.product(dy, b, transpose_b=True)
                d_b = self.product(rows(a), rows(dy), transpose_a=True)
                if self.over_batch:
                    return self.center(d_x, real, count)[0], d_b
                return d_x, self.center(d_b)[0]

            return (self.product(a, b), *means), gradient

        y, *means = run(x, kernel)
        return y, tf.stop_gradient(means[0]) if means else None

    def standardize(self, x, gamma, shift, real=None):
        """Returns gamma * scores(x) + shift for a centered `x`.

        The second result is its variance, without a gradient. The gradient to
        `x` is without its mean's part.

        Args:
            gamma, shift: (units,).
            real: as in `centered_product`.
        """
        count = None if real is None else counts(real, x.dtype)

        @tf.custom_gradient
        def run(x, gamma, shift):
            variance = self.variance(x, count)
            inverse = self.inverse(variance)

            def gradient(dy, _):
                d_x, sums = self.gradient(dy, x, inverse, gamma, count)
                return d_x, over_all(sums), over_all(dy)

            return (self.scale(x, inverse, gamma) + shift, variance), gradient

        y, variance = run(x, gamma, shift)
        return y, tf.stop_gradient(variance)


def counts(real, dtype):
    """Returns how many examples count, 1 at least, (..., 1, 1)."""
    count = tf.reduce_sum(tf.cast(real, dtype), -2, keepdims=True)
    return tf.maximum(count, 1)


def rows(x):
    """Returns `x` with all axes but the last as one."""
    return tf.reshape(x, [-1, x.shape[-1]])


def over_all(x):
    """Returns the sum over all axes but the last."""
    return tf.reshape(total(rows(x), (0,)), [-1])


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


def _only(x, real):
    return x if real is None else tf.where(real, x, tf.zeros([], x.dtype))
