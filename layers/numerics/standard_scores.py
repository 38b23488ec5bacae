"""Products that are standardized, without an operation to center them.

A product is centered if one of its factors is, and that is the smaller work:
over the batch the mean of `x @ kernel` is that of `x`, times the kernel; over
the features it is `x` times the mean of the kernel's columns.
"""

import abc
import dataclasses
from typing import ClassVar

import tensorflow as tf

from .sums import total


@dataclasses.dataclass(frozen=True)
class Scores(abc.ABC):
    """Standardizes over one axis: of the batch or of the features.

        scores(x) = (x - mean) / sqrt(variance + epsilon)

    Attributes:
        epsilon: added to the variance.
        dtype: of the products.
        shares_moments: whether all examples have the same moments.
    """

    epsilon: float
    dtype: str
    shares_moments: ClassVar[bool]

    @abc.abstractmethod
    def mean(self, x, count=None):
        """Returns the mean of `x` over the axis, which stays of size 1.

        Args:
            x: a tensor, 0 where it does not count.
            count: how many examples count, if not all of them.
        """

    @abc.abstractmethod
    def center(self, x, real=None, count=None):
        """Returns `x` minus its mean, and the mean.

        Args:
            x: a tensor.
            real: boolean, what counts. Over the batch the rest gets 0.
            count: how many examples count.
        """

    @abc.abstractmethod
    def center_examples(self, x, real=None, count=None):
        """Returns a factor of a product, centered if it is the one to be."""

    @abc.abstractmethod
    def center_kernel(self, kernel):
        """Returns the other factor, centered if it is the one to be."""

    @abc.abstractmethod
    def centered(self, x, kernel, real=None, count=None):
        """Returns the two factors, one of them centered, and the mean of `x`.

        The mean is None for the features, which center the kernel.
        """

    @abc.abstractmethod
    def summed(self, x):
        """Returns rows that are still to be added up, few of them."""

    @abc.abstractmethod
    def scale(self, x, inverse, gamma):
        """Returns gamma * x * inverse, for a centered `x`."""

    @abc.abstractmethod
    def gradient(self, dy, x, inverse, gamma, count=None):
        """Returns the gradients to a centered `x`, and to gamma.

        The former without its mean's part, which is left to whoever centered
        it; the latter as rows that are still to be added up.

        Args:
            dy: the gradient to gamma * x * inverse.
        """

    def variance(self, x, count=None):
        """Returns the variance of a centered `x`."""
        return self.mean(tf.square(x), count)

    def inverse(self, variance):
        """Returns 1 / sqrt(variance + epsilon)."""
        return tf.math.rsqrt(variance + self.epsilon)

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
                d_x = self.center_examples(d_x, real, count)
                return d_x, self.center_kernel(d_b)

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
