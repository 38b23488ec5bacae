"""EvoNorm S0, a norm of each example and its activation in one."""

import math
from typing import Any

import tensorflow as tf

from ..numerics.affine import affine
from ..numerics.annotations import Config, Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import moments, normalize, spread, widen
from ..numerics.axes import known_sizes, non_batch_axis
from ..numerics.pooling import pool_groups
from .channel_normalization import ChannelNormalization
from .masks import position_mask
from .weights import add_affine_weights


@public_layer
class EvoNormS0(ChannelNormalization):
    """A gate of its own, divided by the deviation of a group of channels.

        y = gamma * x * sigmoid(v * x) / sqrt(variance + epsilon) + beta

    with the biased variance of each example over the positions and the
    channels of one group, as in `GroupNormalization`. It is an activation, too:
    no ReLU should follow. Training and inference are one.

    The arithmetic is float32 at least whatever the dtype policy; outputs have
    the policy's compute dtype.

    Args:
        groups: the greatest number of groups: there are as many as the
            greatest common divisor of it and the number of channels.
        axis: the axis of the channels. Its size must be known.
        epsilon: added to the variance.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer, gamma_initializer: initializers.
        beta_regularizer, gamma_regularizer: regularizers.
        beta_constraint, gamma_constraint: constraints.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of shape (batch, ...), of rank 2 or greater.
        mask: boolean, over the leading axes of the inputs, in front of the
            channels' axis. Positions that are False stay out of the variance
            and may hold anything, even NaN.

    Weights, all of shape (channels,):
        gamma, beta, v.

    Raises:
        ValueError: `groups` is not positive, or `axis` is out of range or the
            batch's, or its size is not known.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import EvoNormS0
    >>> x = np.array([[-20.0, 20.0, -10.0, 10.0]], "float32")
    >>> np.round(EvoNormS0(groups=2)(x), 2).tolist()
    [[-0.0, 1.0, -0.0, 1.0]]

    Reference: [Liu et al., 2020](https://arxiv.org/abs/2004.02967).
    """

    #: No other activation should follow.
    activates = True

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-5,
        **kwargs: Any,
    ) -> None:
        super().__init__(axis, epsilon, **kwargs)
        self.groups = groups
        self.v = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        axis = non_batch_axis(self.axis, len(input_shape))
        shape = known_sizes([axis], input_shape)
        wanted = {"gamma": self.scale, "beta": self.center}
        add_affine_weights(self, wanted, [axis], input_shape)
        self.v = self.add_weight(
            name="v", shape=shape, initializer="ones", autocast=False
        )

    def call(
        self, inputs: TensorLike, mask: TensorLike | None = None
    ) -> Tensor:
        """Normalizes and activates `inputs`."""
        x = widen(inputs)
        axis = non_batch_axis(self.axis, len(x.shape))
        mask = position_mask(mask, x, axis)
        if mask is not None:
            x = tf.where(mask, x, 0)
        variance = self._variance(x, axis, mask)
        gamma, beta, v = (
            spread(w, [axis], x) for w in (self.gamma, self.beta, self.v)
        )
        gated = x * tf.sigmoid(affine(x, v))
        zero = tf.zeros_like(variance)
        y = normalize(gated, zero, variance, self.epsilon, gamma, beta)
        return tf.cast(y, self.compute_dtype)

    def _variance(self, x, axis, mask):
        positions = [i for i in range(1, len(x.shape)) if i != axis]
        mean, variance, _ = moments(x, positions, mask)
        groups = math.gcd(self.groups, x.shape[axis])
        return pool_groups(mean, variance, axis, groups)[1]

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "groups": self.groups}
