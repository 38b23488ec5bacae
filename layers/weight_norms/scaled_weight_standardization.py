"""Scaled weight standardization."""

import math
from typing import Any

import keras
import tensorflow as tf

from ..numerics.annotations import Config
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import moments, normalize, spread
from .base import WeightNorm
from .checks import check_several_weights
from .gains import variance_gain


@public_layer
class ScaledWeightStandardization(WeightNorm):
    """Calls a layer with weights that keep the variance of its inputs.

        y = layer(x; gamma * gain * (W - mean) / sqrt(max(n variance, epsilon)))

    Mean and biased variance are those of the n weights that one unit sums over.
    `gain` is trained, a number for each unit, and starts at 1. It is for
    networks without norms of activations. Training and inference are one. The
    arithmetic is float32 at least, with a gradient written by hand.

    Args:
        layer: a `Dense`, convolutional, recurrent or `Embedding` layer, or a
            wrapper with such in it.
        gamma: a number; or the activation that the layer's inputs come from, a
            name, a function or a layer: then `gamma` makes up for the variance
            that it takes from a normal variable, 1.71 for `"relu"`.
        scale: whether there is a `gain`.
        epsilon: the least that n times the variance counts as.
        **kwargs: arguments of `keras.layers.Layer`. `name` and `dtype` are the
            layer's own by default.

    Call arguments: those of the layer.

    Weights, besides the layer's:
        kernel_gain: of the units' sizes; `recurrent_kernel_gain` and so on for
            other kernels.

    Raises:
        ValueError: the layer has no such kernel, or one with a single weight
            for each unit, or has a weight norm already; or the activation is
            constant.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from normzoo.layers import ScaledWeightStandardization
    >>> layer = ScaledWeightStandardization(keras.layers.Dense(64), "relu")
    >>> x = np.random.default_rng(0).normal(size=(4096, 256)).astype("float32")
    >>> y = layer(np.maximum(x, 0))
    >>> print(np.round(np.std(y), 1))
    1.0

    Reference: [Brock et al., 2021](https://arxiv.org/abs/2101.08692).
    """

    state = ("gain",)
    on_outputs = False

    def __init__(
        self,
        layer: keras.layers.Layer,
        gamma: float = 1.0,
        scale: bool = True,
        epsilon: float = 1e-4,
        **kwargs: Any,
    ) -> None:
        super().__init__(layer, **kwargs)
        is_number = isinstance(gamma, (int, float))
        self.gamma = gamma if is_number else variance_gain(gamma)
        self.scale = scale
        self.epsilon = epsilon

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "gamma": self.gamma,
            "scale": self.scale,
            "epsilon": self.epsilon,
        }

    def _add_state(self, kernel):
        check_several_weights(kernel)
        if self.scale:
            weight = self.add_weight(
                name=f"{kernel.kernel.name}_gain",
                shape=kernel.sizes(kernel.units),
                initializer="ones",
                autocast=False,
            )
            self._set(kernel, "gain", weight)

    def _normalized(self, kernel, value, training):
        del training
        count = math.prod(kernel.sizes(kernel.fan_in))
        mean, variance, _ = moments(value, kernel.fan_in)
        variance = tf.maximum(variance, self.epsilon / count)
        scale = tf.ones_like(mean) * (self.gamma / math.sqrt(count))
        if self.scale:
            scale *= spread(self._get(kernel, "gain"), kernel.units, value)
        return normalize(value, mean, variance, 0.0, scale)
