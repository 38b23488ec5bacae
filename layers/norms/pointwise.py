"""What stands in for a norm and takes no statistics."""

import abc
from typing import Any

import keras
import tensorflow as tf

from ..numerics.affine import affine
from ..numerics.annotations import Config, Shape, Tensor, TensorLike
from ..numerics.arithmetic import spread, widen
from ..numerics.axes import non_batch_axis
from .channel_normalization import ChannelAffine
from .weights import add_affine_weights


class Pointwise(ChannelAffine, abc.ABC):
    """Squashes each number by itself: gamma * squash(alpha * x) + beta.

    Args:
        axis: the axis of the channels.
        initial_alpha: the initial value of `alpha`.
        **kwargs: the other arguments of `ChannelAffine`.
    """

    def __init__(
        self, axis: int = -1, initial_alpha: float = 0.5, **kwargs: Any
    ) -> None:
        super().__init__(axis, **kwargs)
        self.initial_alpha = initial_alpha
        self.alpha = None

    @abc.abstractmethod
    def squash(self, x: Tensor) -> Tensor:
        """Returns the function of each number, which is bounded."""

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        axis = non_batch_axis(self.axis, len(input_shape))
        wanted = {"gamma": self.scale, "beta": self.center}
        add_affine_weights(self, wanted, [axis], input_shape)
        self.alpha = self.add_scalar("alpha", self.initial_alpha)

    def add_scalar(self, name: str, value: float) -> keras.Variable:
        """Returns a new weight that all numbers share."""
        return self.add_weight(
            name=name,
            shape=(),
            initializer=keras.initializers.Constant(value),
            autocast=False,
        )

    def call(
        self, inputs: TensorLike, mask: TensorLike | None = None
    ) -> Tensor:
        """Squashes `inputs`."""
        del mask
        x = widen(inputs)
        axis = non_batch_axis(self.axis, len(x.shape))
        gamma, beta = (spread(w, [axis], x) for w in (self.gamma, self.beta))
        y = self.squash(affine(x, spread(self.alpha, [], x)))
        return tf.cast(affine(y, gamma, beta), self.compute_dtype)

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "initial_alpha": self.initial_alpha}
