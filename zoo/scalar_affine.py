"""A map with one weight for its scale and one for its shift."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="normzoo")
class ScalarAffine(keras.layers.Layer):
    """Multiplies by one weight and adds another, whatever the shape.

        y = scale * x + shift

    It is what residual networks without a norm are made to train with, see
    `normzoo.zoo.resnet`.

    Args:
        initial_scale: first value of the scale; None leaves the scale out.
        shift: whether there is a shift, which starts at 0.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: a tensor.

    Example:

    >>> import numpy as np
    >>> from normzoo.zoo.scalar_affine import ScalarAffine
    >>> ScalarAffine(initial_scale=0.5)(np.ones(2, "float32")).numpy().tolist()
    [0.5, 0.5]
    """

    def __init__(self, initial_scale=None, shift=False, **kwargs):
        super().__init__(**kwargs)
        self.initial_scale = initial_scale
        self.shift = shift
        self.scale_weight = self.shift_weight = None
        self.supports_masking = True

    def build(self, input_shape):
        """Creates the weights."""
        if self.initial_scale is not None:
            self.scale_weight = self.add_weight(
                name="scale",
                shape=(),
                initializer=keras.initializers.Constant(self.initial_scale),
            )
        if self.shift:
            self.shift_weight = self.add_weight(
                name="shift", shape=(), initializer="zeros"
            )
        self.built = True

    def call(self, inputs):
        """Scales and shifts `inputs`."""
        x = inputs
        if self.scale_weight is not None:
            x = tf.convert_to_tensor(self.scale_weight) * x
        if self.shift_weight is not None:
            x = x + tf.convert_to_tensor(self.shift_weight)
        return x

    def compute_output_shape(self, input_shape):
        """Returns the shape of the inputs."""
        return input_shape

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "initial_scale": self.initial_scale,
            "shift": self.shift,
        }
