"""Noise that shifts and scales the outputs of a norm from step to step."""

import keras
import tensorflow as tf

from ..layers.numerics.replicas import replica_seed


@keras.saving.register_keras_serializable(package="normzoo")
class NormNoise(keras.layers.Layer):
    """Gives a norm's outputs a random mean and variance, new ones each step.

        y = (scale + strength/5 n) x + shift + strength/5 u

    In each training call every unit draws a shift from U(-strength, strength)
    and a scale from U(1, 1 + strength/2), which all examples share; every unit
    of every example draws u from U(-1, 1) and n from N(0, 1). At inference
    y = x. With strength 0.5 it is the noise that Santurkar et al. add after
    batch norm.

    Replicas of a strategy draw different noise. The noise is float32 at least;
    outputs have the policy's compute dtype.

    Args:
        strength: not negative.
        seed: integer; None draws one.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: a tensor `(batch, ...)`.
        training: whether to add noise.

    Raises:
        ValueError: `strength` is negative.

    Example:

    >>> import numpy as np
    >>> from normzoo.zoo.norm_noise import NormNoise
    >>> x = np.zeros((2, 3), "float32")
    >>> layer = NormNoise(0.5, seed=0)
    >>> bool((layer(x) == 0).numpy().all())
    True
    >>> bool((abs(layer(x, training=True)) < 0.6).numpy().all())
    True

    Reference: [Santurkar et al., 2018](https://arxiv.org/abs/1805.11604),
    appendix A.
    """

    def __init__(self, strength, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not strength >= 0:
            raise ValueError(
                f"strength must not be negative. Received: {strength}."
            )
        self.strength = strength
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.autocast = False
        self.supports_masking = True
        self.built = True

    def call(self, inputs, training=False):
        """Adds the noise to `inputs`, in training."""
        if not training:
            return tf.cast(inputs, self.compute_dtype)
        double = inputs.dtype == tf.float64
        x = inputs if double else tf.cast(inputs, tf.float32)
        shift, scale = self._draw(tf.shape(x), x.dtype)
        return tf.cast(scale * x + shift, self.compute_dtype)

    def _draw(self, shape, dtype):
        """Returns the shift and the scale of each element."""
        seeds = tf.random.split(replica_seed(self.seed_generator.next()), 4)
        units = tf.concat([[1], shape[1:]], 0)
        spread = self.strength / 5
        uniform = tf.random.stateless_uniform
        return (
            uniform(units, seeds[0], -self.strength, self.strength, dtype)
            + uniform(shape, seeds[1], -spread, spread, dtype),
            uniform(units, seeds[2], 1.0, 1 + self.strength / 2, dtype)
            + tf.random.stateless_normal(shape, seeds[3], 0.0, spread, dtype),
        )

    def compute_output_shape(self, input_shape):
        """Returns the shape of the inputs."""
        return input_shape

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "strength": self.strength,
            "seed": self.seed,
        }
