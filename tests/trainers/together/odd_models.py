"""Models of a user whose operations cannot be vectorized, or compiled."""

import keras
import tensorflow as tf


def resized(input_shape, num_classes, *, seed, **knobs):
    """A model with an operation that `tf.vectorized_map` does not have."""
    del knobs
    layer = keras.layers.UpSampling2D(2, interpolation="bilinear")
    return behind(layer, input_shape, num_classes, seed)


class Unique(keras.layers.Layer):
    """Has an operation that XLA does not have."""

    def call(self, inputs):
        shape = tf.shape(tf.unique(tf.reshape(inputs, [-1]))[0])
        return inputs + 0 * tf.cast(shape[0], inputs.dtype)


def counted(input_shape, num_classes, *, seed, **knobs):
    """A model with an operation that neither of both has."""
    del knobs
    return behind(Unique(), input_shape, num_classes, seed)


class Bessel(keras.layers.Layer):
    """Can be vectorized, and XLA does not have it."""

    def call(self, inputs):
        return tf.math.special.bessel_j0(inputs)


def waved(input_shape, num_classes, *, seed, **knobs):
    """A model whose program is traced, and not compiled."""
    del knobs
    return behind(Bessel(), input_shape, num_classes, seed)


def behind(layer, input_shape, num_classes, seed):
    """Returns a model with outputs behind a layer without weights."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(input_shape)
    x = keras.layers.Flatten()(layer(inputs))
    return keras.Model(inputs, keras.layers.Dense(num_classes)(x))
