"""Moments of a population that comes in parts."""

import numpy as np


class Moments:
    """Mean and variance of vectors, merged part by part in float64.

    Two parts with means a, b, counts n, m and sums of squared deviations A, B
    have together the mean `a + (b - a) m / (n + m)` and the sum of squared
    deviations `A + B + (b - a)^2 n m / (n + m)`.

    Attributes:
        count: how many vectors there were.
        mean: (features,).
    """

    def __init__(self):
        self.count = 0
        self.mean = 0.0
        self._squares = 0.0

    @property
    def variance(self):
        """The mean squared deviation, (features,)."""
        return self._squares / self.count

    def add(self, values):
        """Counts the rows of an array, (examples, features)."""
        values = np.asarray(values).astype("float64")
        part = Moments()
        part.count = len(values)
        part.mean = values.mean(0)
        part._squares = np.square(values - part.mean).sum(0)
        self.merge(part)

    def merge(self, other):
        """Counts all that another object has counted."""
        if not other.count:
            return
        total = self.count + other.count
        share = other.count / total
        delta = other.mean - self.mean
        self._squares = (
            self._squares
            + other._squares
            + np.square(delta) * self.count * share
        )
        self.mean = self.mean + delta * share
        self.count = total
