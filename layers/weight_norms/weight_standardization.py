"""Weight standardization."""

from typing import Any

import keras

from ..numerics.annotations import Config
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import moments, normalize
from .base import WeightNorm
from .checks import check_several_weights


@public_layer
class WeightStandardization(WeightNorm):
    """Calls a layer with each unit's weights standardized.

        y = layer(x; (W - mean) / sqrt(variance + epsilon))

    Mean and biased variance are those of the weights that one unit sums over.
    It is made for convolutions that a norm follows, mostly group norm: it
    gives the outputs another scale, which the norm removes. Training and
    inference are one. The arithmetic is float32 at least, with a gradient
    written by hand.

    Args:
        layer: a `Dense`, convolutional, recurrent or `Embedding` layer, or a
            wrapper with such in it.
        epsilon: added to the variance.
        **kwargs: arguments of `keras.layers.Layer`. `name` and `dtype` are the
            layer's own by default.

    Call arguments: those of the layer.

    Weights: the layer's.

    Raises:
        ValueError: the layer has no such kernel, or one with a single weight
            for each unit, or has a weight norm already.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from normzoo.layers import WeightStandardization
    >>> layer = WeightStandardization(keras.layers.Dense(1))
    >>> layer.build((None, 2))
    >>> _ = layer.layer.kernel.assign([[3.0], [5.0]])
    >>> np.round(layer(np.array([[1.0, 3.0]], "float32")), 2).tolist()
    [[2.0]]

    Reference: [Qiao et al., 2019](https://arxiv.org/abs/1903.10520).
    """

    on_outputs = False

    def __init__(
        self, layer: keras.layers.Layer, epsilon: float = 1e-5, **kwargs: Any
    ) -> None:
        super().__init__(layer, **kwargs)
        self.epsilon = epsilon

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}

    def _add_state(self, kernel):
        check_several_weights(kernel)

    def _normalized(self, kernel, value, training):
        del training
        mean, variance, _ = moments(value, kernel.fan_in)
        return normalize(value, mean, variance, self.epsilon)
