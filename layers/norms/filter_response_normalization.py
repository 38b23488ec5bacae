"""Filter response normalization with its thresholded linear unit."""

from typing import Any

import keras
import tensorflow as tf

from ..numerics.annotations import (
    Config,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
    Tensor,
    TensorLike,
)
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import mean_square, normalize, spread, widen
from ..numerics.axes import non_batch_axis
from .channel_normalization import ChannelNormalization
from .masks import position_mask
from .weights import add_affine_weights


@public_layer
class FilterResponseNormalization(ChannelNormalization):
    """Divides each channel of each example by its root mean square.

        y = gamma * x / sqrt(mean(x^2) + epsilon) + beta
        outputs = max(y, tau)

    with the mean over the positions of one channel of one example. The maximum
    is the thresholded linear unit (TLU), which is an activation, so no ReLU
    should follow. Training and inference are the same.

    Where a channel has only one position (dense layers, 1x1 maps), the quotient
    is little more than the sign of x. For this case the paper learns epsilon,
    with the initial value 1e-4: `learned_epsilon=True, epsilon=1e-4`.

    The layer computes in float32 or higher, whatever the dtype policy; outputs
    have the policy's compute dtype.

    Args:
        axis: the axis of the channels. Its size must be known if there are
            weights along it.
        epsilon: added to the mean square; if it is learned, its initial value.
        learned_epsilon: whether to learn |epsilon|, one value for all channels.
        threshold: whether to take the maximum with `tau`.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer, gamma_initializer, tau_initializer: initializers.
        beta_regularizer, gamma_regularizer, tau_regularizer: regularizers.
        beta_constraint, gamma_constraint, tau_constraint: constraints.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of shape (batch, ...), of rank 2 or greater.
        mask: boolean, over the leading axes of the inputs, up to the axis of
            the channels. Positions that are False are left out of the mean and
            may hold anything, even NaN.

    Weights:
        gamma, beta, tau: of shape (channels,).
        learned_epsilon: of shape ().

    Raises:
        ValueError: `axis` is out of range or the axis of the batch, or its
            size is not known.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import FilterResponseNormalization
    >>> x = np.array([[[0.0, 9.0], [0.0, 9.0], [0.0, -9.0], [4.0, 9.0]]])
    >>> np.round(FilterResponseNormalization()(x), 2).tolist()
    [[[0.0, 1.0], [0.0, 1.0], [0.0, 0.0], [2.0, 1.0]]]

    Reference: [Singh and Krishnan, 2020](https://arxiv.org/abs/1911.09737).
    """

    affine = ("beta", "gamma", "tau")

    #: Behind a Dense layer there are no positions to take statistics over.
    over_positions = True

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-6,
        learned_epsilon: bool = False,
        threshold: bool = True,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones",
        tau_initializer: Initializer = "zeros",
        beta_regularizer: Regularizer = None,
        gamma_regularizer: Regularizer = None,
        tau_regularizer: Regularizer = None,
        beta_constraint: Constraint = None,
        gamma_constraint: Constraint = None,
        tau_constraint: Constraint = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            axis,
            epsilon,
            center,
            scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            **kwargs,
        )
        self.learned_epsilon = learned_epsilon
        self.threshold = threshold
        #: Whether no other activation should follow.
        self.activates = threshold
        self._set_affine(
            "tau", tau_initializer, tau_regularizer, tau_constraint
        )
        self.epsilon_weight: Any = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        axis = non_batch_axis(self.axis, len(input_shape))
        wanted = {
            "gamma": self.scale,
            "beta": self.center,
            "tau": self.threshold,
        }
        add_affine_weights(self, wanted, [axis], input_shape)
        if self.learned_epsilon:
            self.epsilon_weight = self.add_weight(
                name="learned_epsilon",
                shape=(),
                initializer=keras.initializers.Constant(self.epsilon),
                autocast=False,
            )

    def call(
        self, inputs: TensorLike, mask: TensorLike | None = None
    ) -> Tensor:
        """Normalizes `inputs`."""
        x = widen(inputs)
        axis = non_batch_axis(self.axis, len(x.shape))
        positions = [i for i in range(1, len(x.shape)) if i != axis]
        mask = position_mask(mask, x, axis)
        square, epsilon = mean_square(x, positions, mask), self.epsilon
        if self.learned_epsilon:
            square += tf.cast(tf.abs(self.epsilon_weight.value), x.dtype)
            epsilon = 0.0
        gamma = spread(self.gamma, [axis], x)
        beta = spread(self.beta, [axis], x)
        zero = tf.zeros_like(square)
        masked = mask is not None
        y = normalize(x, zero, square, epsilon, gamma, beta, masked)
        if self.threshold:
            y = tf.maximum(y, spread(self.tau, [axis], x))
        return tf.cast(y, self.compute_dtype)

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "learned_epsilon": self.learned_epsilon,
            "threshold": self.threshold,
        }
