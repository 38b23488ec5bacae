"""The moving average of a network's weights."""

import contextlib

import tensorflow as tf

from ....layers.numerics.restoring import restored


class MovingAverage:
    """Follows all weights of a network, moving and reference statistics too.

        average = decay * average + (1 - decay) * weight

    A ramp keeps the decay of step t, counted from 0, at (1 + t) / (10 + t) or
    below: a short training is not the average of where it began.

    Args:
        network: a built Keras model.
        decay: in [0, 1).
        ramp: whether there is one.
        add_weight: `add_weight` of the model that keeps the averages.

    Attributes:
        weights: the averages, in the order of the network's variables.
    """

    def __init__(self, network, decay, ramp, add_weight):
        self.decay = decay
        self.ramp = ramp
        self._network = network
        self.weights = [
            add_weight(
                name=f"average_{variable.name}",
                shape=variable.shape,
                dtype=variable.dtype,
                initializer="zeros",
                trainable=False,
                autocast=False,
                aggregation="only_first_replica",
            )
            for variable in network.variables
        ]
        self.reset()

    def follow(self, applied, step):
        """Moves on by one step.

        Args:
            applied: tensor, whether the step was made.
            step: integer tensor, how many came before.
        """
        decay = self._decay_at(step)
        for average, variable in self._pairs():
            value = tf.convert_to_tensor(variable.value)
            if value.dtype.is_floating:
                old = tf.convert_to_tensor(average.value)
                value = value + tf.cast(decay, value.dtype) * (old - value)
                value = tf.where(applied, value, old)
            average.assign(value)

    def _decay_at(self, step):
        if not self.ramp:
            return self.decay
        step = tf.cast(step, tf.float32)
        return tf.minimum(self.decay, (1 + step) / (10 + step))

    def reset(self):
        """Makes the average equal to the network."""
        for average, variable in self._pairs():
            average.assign(variable)

    @contextlib.contextmanager
    def in_place(self):
        """Gives the network its averaged weights for a block of code."""
        with restored(self._network.variables):
            for average, variable in self._pairs():
                variable.assign(average)
            yield

    def _pairs(self):
        return zip(self.weights, self._network.variables, strict=True)
