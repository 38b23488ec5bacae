"""Weight normalization."""

import tensorflow as tf

from ..numerics.arguments import public_layer
from ..numerics.arithmetic import spread, widen
from .base import WeightNorm


@public_layer
class WeightNormalization(WeightNorm):
    """Calls a layer with each unit's weights as a length and a direction.

        y = layer(x; g * v / |v|)

    v is the layer's kernel, and |v| the Euclidean norm of each unit's weights.
    g is a trained variable with a number for each unit. It starts at |v|, so
    that the layer starts as it would without. Where v is 0, so is the result.
    Training and inference are one. The arithmetic is float32 at least.

    Args:
        layer: a `Dense`, convolutional, recurrent or `Embedding` layer, or a
            wrapper with such in it.
        **kwargs: arguments of `keras.layers.Layer`. `name` and `dtype` are the
            layer's own by default.

    Call arguments: those of the layer.

    Weights, besides the layer's:
        kernel_g: of the units' sizes; `recurrent_kernel_g` and so on for other
            kernels.

    Raises:
        ValueError: the layer has no such kernel, or has a weight norm already.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from normzoo.layers import WeightNormalization
    >>> layer = WeightNormalization(keras.layers.Dense(1))
    >>> layer.build((None, 2))
    >>> _ = layer.layer.kernel.assign([[3.0], [4.0]])
    >>> _ = layer.kernel_g.assign([10.0])
    >>> np.round(layer(np.array([[1.0, 1.0]], "float32")), 4).tolist()
    [[14.0]]

    Reference: [Salimans and Kingma, 2016](https://arxiv.org/abs/1602.07868).
    """

    state = ("g",)

    def _add_state(self, kernel):
        def lengths(shape, dtype=None):
            value = tf.sqrt(_squares(kernel, widen(kernel.variable)))
            return tf.cast(tf.reshape(value, shape), dtype)

        weight = self.add_weight(
            name=f"{kernel.kernel.name}_g",
            shape=kernel.sizes(kernel.units),
            initializer=lengths,
            autocast=False,
        )
        self._set(kernel, "g", weight)

    def _normalized(self, kernel, value, training):
        del training
        squares = _squares(kernel, value)
        # The slope of a root at 0 is infinite, and is not to be multiplied.
        positive = squares > 0
        root = tf.sqrt(tf.where(positive, squares, 1))
        g = spread(self._get(kernel, "g"), kernel.units, value)
        return value * tf.where(positive, g / root, 0)


def _squares(kernel, value):
    return tf.reduce_sum(tf.square(value), kernel.fan_in, keepdims=True)
