"""Group normalization that fits every width."""

import math
from typing import Any

import keras
import tensorflow as tf

from ..numerics.affine import Modulation, with_modulation
from ..numerics.annotations import Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import moments, normalize, spread, widen
from ..numerics.axes import known_sizes, non_batch_axis
from ..numerics.pooling import pool_groups
from .masks import position_mask
from .weights import add_affine_weights


@public_layer
class GroupNormalization(keras.layers.GroupNormalization):
    """Normalizes each example over groups of neighboring channels.

        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    with the mean and biased variance of each example over the positions and the
    channels of one group. Training and inference are the same. Unlike in Keras'
    layer, masked positions are left out of the statistics.

    The number of groups is the greatest common divisor of `groups` and the
    number of channels, so one setting fits all stages of a model. Wherever
    Keras' layer accepts `groups`, both layers compute the same with the same
    weights.

    The layer computes in float32 or higher, whatever the dtype policy; outputs
    have the policy's compute dtype.

    Args:
        groups: the largest number of groups. -1 means one group per channel,
            see `InstanceNormalization`; 1 means one group for all channels.
        axis: the axis of the channels. Its size must be known, unless `groups`
            is 1 or -1, without weights.
        epsilon: added to the variance.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer, gamma_initializer: initializers.
        beta_regularizer, gamma_regularizer: regularizers.
        beta_constraint, gamma_constraint: constraints.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of shape (batch, ...), of rank 2 or greater.
        mask: boolean, over the leading axes of the inputs, up to the axis of
            the channels. Positions that are False are left out of the
            statistics and may hold anything, even NaN.

    Weights:
        gamma, beta: of shape (channels,).

    Raises:
        ValueError: `groups` is neither positive nor -1, `axis` is out of range
            or the axis of the batch, or its size is not known.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import GroupNormalization
    >>> x = np.array([[1.0, 3.0, 10.0, 30.0]], "float32")
    >>> np.round(GroupNormalization(groups=2)(x), 2).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]

    Reference: [Wu and He, 2018](https://arxiv.org/abs/1803.08494).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.autocast = False
        self.gamma = None
        self.beta = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        axis = non_batch_axis(self.axis, len(input_shape))
        if self.groups not in (-1, 1):
            known_sizes([axis], input_shape)
        self.input_spec = keras.layers.InputSpec(
            ndim=len(input_shape), axes={axis: input_shape[axis]}
        )
        wanted = {"gamma": self.scale, "beta": self.center}
        add_affine_weights(self, wanted, [axis], input_shape)

    def call(
        self,
        inputs: TensorLike,
        mask: TensorLike | None = None,
        modulation: Modulation | None = None,
    ) -> Tensor:
        """Normalizes `inputs`."""
        x = widen(inputs)
        axis = non_batch_axis(self.axis, len(x.shape))
        channels = x.shape[axis] or tf.shape(x)[axis]
        groups = self._number_of_groups(channels)
        gamma = spread(self.gamma, [axis], x)
        beta = spread(self.beta, [axis], x)
        gamma, beta = with_modulation(modulation, gamma, beta)
        if len(x.shape) == 2:
            y = self._normalize_vectors(x, groups, channels, gamma, beta)
        else:
            positions = [i for i in range(1, len(x.shape)) if i != axis]
            mask = position_mask(mask, x, axis)
            mean, variance, _ = moments(x, positions, mask)
            if groups is not channels:
                mean, variance = pool_groups(mean, variance, axis, groups)
            masked = mask is not None
            y = normalize(x, mean, variance, self.epsilon, gamma, beta, masked)
        return tf.cast(y, self.compute_dtype)

    def _normalize_vectors(self, x, groups, channels, gamma, beta):
        # Without positions to take moments over first, the members of a group
        # are the positions.
        split = [-1, groups, channels // groups]
        members, gamma, beta = (
            None if value is None else tf.reshape(value, split)
            for value in (x, gamma, beta)
        )
        mean, variance, _ = moments(members, [2])
        y = normalize(members, mean, variance, self.epsilon, gamma, beta)
        return tf.reshape(y, tf.shape(x))

    def _number_of_groups(self, channels):
        if self.groups == -1:
            return channels
        return 1 if self.groups == 1 else math.gcd(self.groups, channels)
