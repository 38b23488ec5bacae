"""Dynamic tanh, a function of each number in place of a norm."""

import tensorflow as tf

from ..numerics.annotations import Tensor
from ..numerics.arguments import public_layer
from .pointwise import Pointwise


@public_layer
class DynamicTanh(Pointwise):
    """Squashes each number by a hyperbolic tangent (DyT).

        y = gamma * tanh(alpha * x) + beta

    It takes no statistics: no number's output depends on another number.
    Training and inference are one. Its authors put it in the place of the
    layer and RMS norms of transformers.

    The arithmetic is float32 at least whatever the dtype policy; outputs have
    the policy's compute dtype.

    Args:
        axis: the axis of the channels. Its size must be known if there are
            weights along it.
        initial_alpha: the initial value of `alpha`.
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
        alpha: of shape ().

    Raises:
        ValueError: `axis` is out of range or the batch's, or its size is not
            known.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import DynamicTanh
    >>> x = np.array([[0.0, 1.0, -1000.0]], "float32")
    >>> print(np.round(DynamicTanh()(x), 2))
    [[ 0.    0.46 -1.  ]]

    Reference: [Zhu et al., 2025](https://arxiv.org/abs/2503.10622).
    """

    def squash(self, x: Tensor) -> Tensor:
        """Returns the hyperbolic tangent."""
        return tf.tanh(x)
