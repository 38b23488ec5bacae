"""A scale and a shift that depend on a vector."""

from typing import Any

import keras
import tensorflow as tf

from ..numerics.annotations import (
    Config,
    Initializer,
    Shape,
    Tensor,
    TensorLike,
)
from ..numerics.arguments import public_layer
from .condition import Condition


@public_layer
class VectorCondition(Condition):
    """Makes gamma and beta from a vector by a linear map, for `Conditional`.

        gamma, beta = 1 + kernel_1 c + bias_1, kernel_2 c + bias_2

    The condition is a vector for each example, of shape (batch, features): an
    embedding of a time step or a class, one-hot classes, a style. Around
    instance norm this is adaptive instance normalization (AdaIN) as in
    StyleGAN, around layer norm AdaLN as in DiT, which puts a SiLU in front of
    the vector.

    Args:
        kernel_initializer: of the map. With the default, zeros, the norm is a
            plain one at first.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Weights:
        kernel: of shape (features, 2 * channels), gamma's half first.
        bias: of shape (2 * channels,).

    Raises:
        ValueError: the condition is of another shape.

    Reference: [Karras et al., 2019](https://arxiv.org/abs/1812.04948), [Peebles
    and Xie, 2023](https://arxiv.org/abs/2212.09748).
    """

    def __init__(
        self, kernel_initializer: Initializer = "zeros", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dense: Any = None

    def build(self, condition_shape: Shape, channels: int) -> None:
        """Makes the weights."""
        if len(condition_shape) != 2 or condition_shape[-1] is None:
            raise ValueError(
                "A vector condition is one vector for each example, of shape "
                f"(batch, features). Received: {tuple(condition_shape)}."
            )
        self.dense = keras.layers.Dense(
            2 * channels,
            kernel_initializer=self.kernel_initializer,
            dtype=self.dtype_policy,
            name="dense",
        )
        self.dense.build(condition_shape)

    def call(
        self, condition: TensorLike, like: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Returns gamma and beta."""
        del like
        gamma, beta = tf.split(self.dense(condition), 2, -1)
        return 1 + gamma, beta

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "kernel_initializer": initializer}
