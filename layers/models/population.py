"""Mean and variance of all that a batch norm is given."""

import tensorflow as tf


class Population:
    """Moments merged batch by batch, in float64.

    Two parts of a population with means a, b, counts n, m and sums of squared
    deviations A, B have together the mean `a + (b - a) m / (n + m)` and the
    sum of squared deviations `A + B + (b - a)^2 n m / (n + m)`.

    Attributes:
        wanted: variable, whether to count what comes now.
    """

    def __init__(self, norm):
        zeros = tf.zeros(norm.moving_mean.shape, tf.float64)
        self.wanted = tf.Variable(False)
        self._norm = norm
        self._count = tf.Variable(zeros)
        self._mean = tf.Variable(zeros)
        self._squares = tf.Variable(zeros)

    def want(self, wanted):
        """Says whether to count what comes from now on."""
        self.wanted.assign(wanted)

    def add(self, *batch):
        """Merges a batch's mean, variance and count of any broadcast shape."""
        mean, variance, count = map(self._per_channel, batch)
        total = self._count + count
        share = tf.math.divide_no_nan(count, total)
        delta = mean - self._mean
        squares = variance * count + tf.square(delta) * self._count * share
        self._squares.assign_add(squares)
        self._mean.assign_add(delta * share)
        self._count.assign(total)

    def write(self):
        """Sets the statistics of the channels that were counted."""
        seen = self._count > 0
        variance = tf.math.divide_no_nan(self._squares, self._count)
        values = {"moving_mean": self._mean, "moving_variance": variance}
        # The Keras of Python 3.10 has no renorm.
        if getattr(self._norm, "renorm", False):
            values["moving_stddev"] = tf.sqrt(variance + self._norm.epsilon)
        for name, value in values.items():
            variable = getattr(self._norm, name)
            value = tf.cast(value, variable.dtype)
            variable.assign(tf.where(seen, value, variable.value))

    def _per_channel(self, values):
        values = tf.reshape(tf.cast(values, tf.float64), [-1])
        return tf.broadcast_to(values, self._mean.shape)
