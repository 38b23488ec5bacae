"""Conditional norms as layers of one input, for the suite `norms`."""

import functools

import keras
import tensorflow as tf

from ... import layers

#: The norms that get a condition.
NORMS = ("batch", "layer", "instance")
_CLASSES = 10


class Conditioned(keras.layers.Layer):
    """A norm with a class for each example, always the same ones.

    Args:
        norm: a name in `normzoo.layers.NORMS`.
        **kwargs: arguments of `keras.layers.Layer`.
    """

    def __init__(self, norm, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False
        self.norm = layers.Conditional(
            layers.get(norm, dtype=self.dtype_policy)(),
            layers.ClassCondition(_CLASSES, dtype=self.dtype_policy),
            dtype=self.dtype_policy,
        )

    def build(self, input_shape):
        """Makes the weights."""
        self.norm.build(input_shape, (input_shape[0],))

    def call(self, inputs, training=False):
        """Normalizes `inputs`."""
        labels = tf.range(tf.shape(inputs)[0]) % _CLASSES
        return self.norm(inputs, condition=labels, training=training)


#: Name of a subject -> its factory.
SUBJECTS = {
    f"conditional {norm}": functools.partial(Conditioned, norm)
    for norm in NORMS
}
