"""Dynamic erf, a function of each number in place of a norm."""

from typing import Any

import tensorflow as tf

from ..numerics.affine import affine
from ..numerics.annotations import Config, Shape, Tensor
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import spread
from .pointwise import Pointwise


@public_layer
class DynamicErf(Pointwise):
    """Squashes each number by the error function (Derf).

        y = gamma * erf(alpha * x + shift) + beta

    It takes no statistics: no number's output depends on another number.
    Training and inference are one. Its authors found it better than
    `DynamicTanh` in transformers.

    The arithmetic is float32 at least whatever the dtype policy; outputs have
    the policy's compute dtype.

    Args:
        axis: the axis of the channels. Its size must be known if there are
            weights along it.
        initial_alpha: the initial value of `alpha`.
        initial_shift: the initial value of `shift`.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer, gamma_initializer: initializers.
        beta_regularizer, gamma_regularizer: regularizers.
        beta_constraint, gamma_constraint: constraints.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of shape (batch, ...), of rank 2 or greater.
        mask: passed on. Each number is squashed by itself, so it changes
            nothing.

    Weights:
        gamma, beta: of shape (channels,).
        alpha, shift: of shape ().

    Raises:
        ValueError: `axis` is out of range or the batch's, or its size is not
            known.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import DynamicErf
    >>> x = np.array([[0.0, 1.0, -1000.0]], "float32")
    >>> print(np.round(DynamicErf()(x), 2))
    [[ 0.    0.52 -1.  ]]

    Reference: [Chen et al., 2025](https://arxiv.org/abs/2512.10938).
    """

    def __init__(
        self,
        axis: int = -1,
        initial_alpha: float = 0.5,
        initial_shift: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(axis, initial_alpha, **kwargs)
        self.initial_shift = initial_shift
        self.shift = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        super().build(input_shape)
        self.shift = self.add_scalar("shift", self.initial_shift)

    def squash(self, x: Tensor) -> Tensor:
        """Returns the error function of what is shifted."""
        return tf.math.erf(affine(x, beta=spread(self.shift, [], x)))

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "initial_shift": self.initial_shift}
