"""A scale and a shift of each position, from a map."""

from typing import Any

import keras
import tensorflow as tf

from ..numerics.annotations import Axes, Config, Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from .condition import Condition

_METHODS = ("nearest", "bilinear")


@public_layer
class SpatialCondition(Condition):
    """Makes gamma and beta of each pixel from a map, for `Conditional` (SPADE).

    The condition is an image for each example, of shape (batch, height, width,
    features), such as one-hot labels of the pixels. It is resized to what is
    normalized, and passes a convolution with ReLU and two linear ones:

        gamma, beta = 1 + conv_gamma(hidden), conv_beta(hidden)

    Args:
        hidden: filters of the first convolution.
        kernel_size: of the convolutions.
        method: how to resize, `"nearest"` or `"bilinear"`.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Weights:
        those of the convolutions `shared` and `modulation`. The latter makes
        gamma, then beta; it starts at 0, so that the norm is a plain one at
        first.

    Raises:
        ValueError: the condition is of another shape, or what is normalized is
            no image with channels last, or `method` is unknown.

    Reference: [Park et al., 2019](https://arxiv.org/abs/1903.07291).
    """

    def __init__(
        self,
        hidden: int = 128,
        kernel_size: Axes = 3,
        method: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if method not in _METHODS:
            raise ValueError(
                f"Unknown method. Received: {method!r}. Expected one of: "
                f"{', '.join(_METHODS)}."
            )
        self.hidden = hidden
        self.kernel_size = kernel_size
        self.method = method
        self.shared: Any = None
        self.modulation: Any = None

    def build(self, condition_shape: Shape, channels: int) -> None:
        """Makes the weights."""
        if len(condition_shape) != 4 or condition_shape[-1] is None:
            raise ValueError(
                "A spatial condition is an image for each example, of shape "
                "(batch, height, width, features). Received: "
                f"{tuple(condition_shape)}."
            )
        self.shared = self._convolution("shared", self.hidden, "relu")
        self.modulation = self._convolution(
            "modulation", 2 * channels, kernel_initializer="zeros"
        )
        self.shared.build(condition_shape)
        self.modulation.build((*condition_shape[:-1], self.hidden))

    def _convolution(self, name, filters, activation=None, **kwargs):
        return keras.layers.Conv2D(
            filters,
            self.kernel_size,
            padding="same",
            data_format="channels_last",
            activation=activation,
            dtype=self.dtype_policy,
            name=name,
            **kwargs,
        )

    def call(
        self, condition: TensorLike, like: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Returns gamma and beta."""
        if len(like.shape) != 4:
            raise ValueError(
                "A spatial condition is for images, of rank 4. Received: "
                f"inputs of rank {len(like.shape)}."
            )
        # XLA resizes to sizes that it knows.
        size = [like.shape[i] or tf.shape(like)[i] for i in (1, 2)]
        x = tf.image.resize(condition, size, self.method)
        x = self.shared(tf.cast(x, self.compute_dtype))
        gamma, beta = tf.split(self.modulation(x), 2, -1)
        return 1 + gamma, beta

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        own = {k: getattr(self, k) for k in ("hidden", "kernel_size", "method")}
        return {**super().get_config(), **own}
