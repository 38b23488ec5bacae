"""Dropout that differs from replica to replica."""

import keras
import tensorflow as tf

from ..layers.numerics.replicas import dropout


@keras.saving.register_keras_serializable(package="normzoo")
class Dropout(keras.layers.Dropout):
    """`keras.layers.Dropout`, with different noise on each replica.

    Under a `tf.distribute` strategy Keras drops the same units on all
    replicas. On one device this layer does what Keras' does, bit by bit.

    Args:
        rate: share of the units that are dropped.
        noise_shape, seed: as in `keras.layers.Dropout`.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: a tensor.
        training: whether to drop units.

    Example:

    >>> import numpy as np
    >>> from normzoo.zoo.dropout import Dropout
    >>> y = Dropout(0.5, seed=0)(np.ones((1, 8), "float32"), training=True)
    >>> sorted(set(y.numpy().ravel().tolist()))
    [0.0, 2.0]
    """

    def call(self, inputs, training=False):
        """Drops units of `inputs`."""
        if not (training and self.rate > 0):
            return inputs
        noise_shape = self.sizes(inputs)
        return dropout(inputs, self.rate, self.seed_generator, noise_shape)

    def sizes(self, inputs):
        """Returns the noise's shape, `noise_shape` without its Nones."""
        sizes = tf.unstack(tf.shape(inputs))
        wanted = self.noise_shape or [None] * len(sizes)
        pairs = zip(wanted, sizes, strict=True)
        return [size if want is None else want for want, size in pairs]
