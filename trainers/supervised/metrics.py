"""Metrics that Keras does not have."""

import math

import keras


@keras.saving.register_keras_serializable(package="normzoo")
class BitsPerCharacter(keras.metrics.MeanMetricWrapper):
    """The cross entropy of a language model in bits.

        - mean over the characters of log2 softmax(logits)[character]

    Args:
        name, dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true: integers, (batch, steps).
        y_pred: logits, (batch, steps, characters).

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.supervised.metrics import BitsPerCharacter
    >>> metric = BitsPerCharacter()
    >>> metric.update_state(np.zeros((2, 3)), np.zeros((2, 3, 4)))
    >>> float(metric.result())
    2.0
    """

    def __init__(self, name="bits_per_character", dtype=None):
        super().__init__(_bits, name=name, dtype=dtype)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}


def _bits(y_true, y_pred):
    nats = keras.losses.sparse_categorical_crossentropy(
        y_true, y_pred, from_logits=True
    )
    return nats / math.log(2)
