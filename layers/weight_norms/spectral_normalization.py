"""Spectral normalization."""

from typing import Any

import keras
import tensorflow as tf

from ..norms.weights import add_statistic
from ..numerics.annotations import Config
from ..numerics.arguments import public_layer
from .base import WeightNorm


@public_layer
class SpectralNormalization(WeightNorm):
    """Calls a layer with kernels divided by their largest singular value.

        v = W u / |W u|,  u = W^T v / |W^T v|     `power_iterations` times
        sigma = v^T W u
        y = layer(x; W / sigma)

    W is the kernel as a matrix of a unit's weights by units. In training the
    last `u` is remembered, for the next call to start from; in inference, and
    whenever `trainable` is False, it is not. Gradients flow through `sigma`,
    and not through `u` and `v`. A kernel of zeros is left as it is. `u`, `v`
    and `sigma` are float32 at least.

    It differs from Keras' wrapper of this name in this:

    - the layer's kernel stays what the optimizer made of it, and its gradient
      is that of `W / sigma`, as in the paper; Keras' wrapper assigns the
      quotient to the kernel in each call, and no gradient knows of `sigma`;
    - transposed, depthwise, separable and recurrent layers have kernels of
      their own shape, and `Bidirectional` and other wrappers are looked into;
    - the first `u` is always the same, so equal kernels give equal models.

    Args:
        layer: a `Dense`, convolutional, recurrent or `Embedding` layer, or a
            wrapper with such in it.
        power_iterations: how many in each call.
        **kwargs: arguments of `keras.layers.Layer`. `name` and `dtype` are the
            layer's own by default.

    Call arguments: those of the layer.

    Weights, besides the layer's:
        kernel_u: (units,), not trained; `recurrent_kernel_u` and so on for
            other kernels.

    Raises:
        ValueError: the layer has no such kernel, or has a weight norm already.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from normzoo.layers import SpectralNormalization
    >>> dense = keras.layers.Dense(2, kernel_initializer="identity")
    >>> layer = SpectralNormalization(dense)
    >>> layer.build((None, 2))
    >>> _ = dense.kernel.assign([[4.0, 0.0], [0.0, 1.0]])
    >>> for _ in range(20):
    ...     y = layer(np.array([[1.0, 1.0]], "float32"), training=True)
    >>> np.round(y, 2).tolist()
    [[1.0, 0.25]]

    Reference: [Miyato et al., 2018](https://arxiv.org/abs/1802.05957).
    """

    state = ("u",)

    def __init__(
        self,
        layer: keras.layers.Layer,
        power_iterations: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = power_iterations

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        config = super().get_config()
        return {**config, "power_iterations": self.power_iterations}

    def _add_state(self, kernel):
        units = tf.TensorShape(kernel.sizes(kernel.units)).num_elements()
        # No singular vector is orthogonal to it but by design.
        direction = keras.initializers.RandomNormal(stddev=1.0, seed=0)
        name = f"{kernel.kernel.name}_u"
        self._set(kernel, "u", add_statistic(self, name, direction, (units,)))

    def _normalized(self, kernel, value, training):
        weight = self._get(kernel, "u")
        matrix = kernel.matrix(value)
        fixed, u = tf.stop_gradient(matrix), tf.cast(weight, value.dtype)
        for _ in range(self.power_iterations):
            v = _unit(tf.linalg.matvec(fixed, u))
            u = _unit(tf.linalg.matvec(fixed, v, transpose_a=True))
        # No update keeps the direction that zeros have made a vector lose.
        u = tf.where(tf.reduce_any(u != 0), u, tf.cast(weight, u.dtype))
        if training:
            weight.assign(tf.cast(u, weight.dtype))
        u, v = tf.stop_gradient(u), tf.stop_gradient(v)
        sigma = tf.reduce_sum(v * tf.linalg.matvec(matrix, u))
        return value / tf.where(sigma > 0, sigma, 1)


def _unit(vector):
    return tf.math.divide_no_nan(vector, tf.norm(vector))
