"""The running means that a GAN's training logs."""

import keras
import tensorflow as tf

NAMES = ("d_loss", "g_loss", "d_real", "d_fake", "d_norm", "g_norm")


class Meters:
    """Means over the epoch so far, of the steps that were not skipped.

    Args:
        finite_only: whether to leave out values that are not finite, too. Else
            the first of them makes the mean NaN until the epoch's end.
    """

    def __init__(self, finite_only=False):
        self._finite_only = finite_only
        self._means = {name: keras.metrics.Mean(name=name) for name in NAMES}

    @property
    def all(self):
        """The Keras metrics."""
        return list(self._means.values())

    def update(self, counts, **values):
        """Takes the values of one step, if a tensor says that it counts."""
        for name, value in values.items():
            weigh = counts
            if self._finite_only:
                weigh = weigh & tf.math.is_finite(value)
            # A weight of 0 alone does not make a NaN vanish.
            value = tf.where(weigh, value, 0)
            weight = tf.cast(weigh, tf.float32)
            self._means[name].update_state(value, sample_weight=weight)

    def results(self):
        """Returns name -> mean."""
        return {name: mean.result() for name, mean in self._means.items()}
