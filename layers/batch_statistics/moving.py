"""Moving averages of a batch norm's statistics."""

import dataclasses

import tensorflow as tf

from ..numerics.replicas import by_count, total_over_replicas
from .momentum import Schedule, momentum_at
from .renormalization import copy_of, square_root_of


@dataclasses.dataclass(frozen=True)
class Moving:
    """Averages whose memory fades, as in Keras.

        moving = momentum * moving + (1 - momentum) * batch's

    Attributes:
        momentum: a number, or a schedule of the number of updates.
    """

    momentum: object

    def weights(self, mean, variance, shape):
        """Returns name -> initializer and shape.

        Args:
            mean, variance: initializers.
            shape: of a statistic.
        """
        found = {"moving_mean": (mean, shape)}
        found["moving_variance"] = variance, shape
        if isinstance(self.momentum, Schedule):
            found["updates"] = "zeros", ()
        return found

    def learn(self, layer, mean, variance, count):
        """Moves the statistics, unless nothing counts.

        Args:
            layer: has an attribute for each of `weights`.
            mean, variance: of the batch, (channels,).
            count: of what they were taken over, (channels,) or (1,).
        """
        momentum = self._next(layer, count)
        move(layer.moving_mean, mean, count, momentum)
        move(layer.moving_variance, variance, count, momentum)

    def _next(self, layer, count):
        """Returns this update's momentum, and counts the update."""
        if not isinstance(self.momentum, Schedule):
            return self.momentum
        updates = layer.updates.value
        momentum = momentum_at(self.momentum, updates)
        count_update(layer.updates, count)
        return tf.cast(momentum, count.dtype)


@dataclasses.dataclass(frozen=True)
class Renormalized(Moving):
    """Averages with those that renorm corrects to.

    Attributes:
        renorm_momentum: of the latter.
        epsilon: added to the variance.
    """

    renorm_momentum: float
    epsilon: float

    def weights(self, mean, variance, shape):
        """Returns name -> initializer and shape."""
        found = super().weights(mean, variance, shape)
        stddev = square_root_of(variance)
        found["moving_stddev"] = stddev, shape
        found["renorm_mean"] = copy_of(mean), shape
        found["renorm_stddev"] = stddev, shape
        return found

    def learn(self, layer, mean, variance, count):
        """Moves the statistics, unless nothing counts."""
        momentum = self._next(layer, count)
        stddev = tf.sqrt(variance + self.epsilon)
        move(layer.moving_mean, mean, count, momentum)
        move(layer.renorm_mean, mean, count, self.renorm_momentum)
        move(layer.renorm_stddev, stddev, count, self.renorm_momentum)
        moved = move(layer.moving_stddev, stddev, count, momentum)
        moved = tf.nn.relu(tf.square(moved) - self.epsilon)
        # Momentum 0: the value is the new one, and that of all replicas.
        move(layer.moving_variance, moved, count, 0.0)


def move(variable, value, count, momentum):
    """Moves a variable towards a value; returns what it is then."""
    old = tf.cast(variable, value.dtype)
    new = momentum * old + (1 - momentum) * value
    new = tf.where(count > 0, new, old)
    variable.assign(by_count(old, new, count))
    return tf.cast(variable, value.dtype)


def count_update(updates, count):
    """Adds one to a variable if anything counts, in any replica.

    Float32 stops counting at 16,777,216. Integers have no mean over replicas.
    """
    counted = tf.reduce_any(total_over_replicas(count) > 0)
    updates.assign(updates.value + tf.cast(counted, updates.dtype))
