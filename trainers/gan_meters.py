"""The running means that a GAN's training logs."""

import keras
import tensorflow as tf

NAMES = ("d_loss", "g_loss", "d_real", "d_fake", "d_norm", "g_norm")


class Meters:
    """Means over the epoch so far, of the steps where a value was finite.

    Args:
        penalized: whether there is a gradient penalty.
    """

    def __init__(self, penalized):
        names = [*NAMES, "d_penalty"] if penalized else NAMES
        self._means = {name: keras.metrics.Mean(name=name) for name in names}

    @property
    def all(self):
        """The Keras metrics."""
        return list(self._means.values())

    def update(self, **values):
        """Takes the values of one step."""
        for name, value in values.items():
            finite = tf.math.is_finite(value)
            # A weight of 0 does not make a NaN vanish.
            value = tf.where(finite, value, 0)
            weight = tf.cast(finite, tf.float32)
            self._means[name].update_state(value, sample_weight=weight)

    def results(self):
        """Returns name -> mean."""
        return {name: mean.result() for name, mean in self._means.items()}
