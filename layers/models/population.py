"""Mean and variance of all that a batch norm is given."""

import tensorflow as tf

from ..numerics.pooling import merge


class Population:
    """Moments merged batch by batch, in float64.

    Attributes:
        wanted: variable, whether to count what comes now.
    """

    def __init__(self, norm):
        zeros = tf.zeros(norm.moving_mean.shape, tf.float64)
        self.wanted = tf.Variable(False)
        self._norm = norm
        self._count = tf.Variable(zeros)
        self._mean = tf.Variable(zeros)
        self._variance = tf.Variable(zeros)

    def reset(self):
        """Forgets all that was counted."""
        for variable in (self._count, self._mean, self._variance):
            variable.assign(tf.zeros_like(variable))

    def want(self, wanted):
        """Says whether to count what comes from now on."""
        self.wanted.assign(wanted)

    def add(self, *batch):
        """Merges a batch's mean, variance and count of any broadcast shape."""
        mine = self._mean, self._variance, self._count
        merged = merge(mine, map(self._per_channel, batch))
        for variable, value in zip(mine, merged, strict=True):
            variable.assign(value)

    def write(self):
        """Sets the statistics of the channels that were counted."""
        seen = self._count > 0
        variance = self._variance
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
