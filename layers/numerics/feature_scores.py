"""Products that are standardized over the features of each example."""

import dataclasses

import tensorflow as tf

from .standard_scores import Scores
from .sums import total


@dataclasses.dataclass(frozen=True)
class FeatureScores(Scores):
    """Standardizes over the last axis, the features."""

    shares_moments = False

    def mean(self, x, count=None):
        """Returns the mean over the features, however many examples count."""
        del count
        return self._weighted_mean(x, None)

    def center(self, x, real=None, count=None):
        """Returns `x` minus its mean, and the mean."""
        del real, count
        mean = self.mean(x)
        return x - mean, mean

    def center_examples(self, x, real=None, count=None):
        """Returns `x` as it is."""
        del real, count
        return x

    def center_kernel(self, kernel):
        """Returns the kernel with each row centered."""
        return self.center(kernel)[0]

    def centered(self, x, kernel, real=None, count=None):
        """Returns `x`, the kernel centered, and no mean."""
        del real, count
        return x, self.center_kernel(kernel), None

    def summed(self, x):
        """Returns `x` as it is, a row for each example."""
        return x

    def scale(self, x, inverse, gamma):
        """Returns gamma * x * inverse, for a centered `x`."""
        return x * inverse * gamma

    def gradient(self, dy, x, inverse, gamma, count=None):
        """Returns the gradients to a centered `x`, and to gamma by example."""
        del count
        # In this order the fewest operations are of the size of x.
        products = dy * (x * inverse)
        slope = self._weighted_mean(products, gamma) * tf.square(inverse)
        return dy * gamma * inverse - x * slope, products

    def _weighted_mean(self, x, factors):
        axis = len(x.shape) - 1
        if factors is not None:
            factors = tf.reshape(factors, [1] * axis + [-1])
        return total(x, (axis,), factors) / tf.cast(tf.shape(x)[axis], x.dtype)
