"""EvoNorm B0, a norm over the batch and its activation in one."""

from typing import Any

import tensorflow as tf

from ..numerics.affine import affine
from ..numerics.annotations import Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import moments, widen
from ..numerics.axes import non_batch_axis
from ..numerics.pooling import pool
from ..numerics.sums import shared_axes, total
from .batch_normalization import BatchNormalization
from .masks import position_mask


@public_layer
class EvoNormB0(BatchNormalization):
    """Divides by the batch's deviation, or by more where that is too little.

        y = gamma * x / max(batch's, v * x + own) + beta
        batch's, own = sqrt(variance + epsilon)

    with the biased variance of a channel over the batch, and over the positions
    of each example. It is an activation, too: no ReLU should follow. In
    inference, and whenever `trainable` is False, the batch's variance is the
    moving one, which is learned as in `BatchNormalization`, masks, replicas and
    all; the moving mean is learned as well, and not used.

    The arithmetic is float32 at least whatever the dtype policy; outputs have
    the policy's compute dtype.

    Args:
        axis: the axis of the channels. Its size must be known.
        momentum: of the moving statistics.
        epsilon: added to the variances.
        **kwargs: the other arguments of `BatchNormalization`, except
            `renorm` and `virtual_batch_size`.

    Call arguments:
        inputs: a tensor of rank 2 or greater. With a single position the own
            variance is 0.
        training: whether to use and learn the batch's statistics.
        mask: boolean, of rank one less than the inputs, without the last axis.
            Positions that are False stay out of the statistics and may hold
            anything, even NaN.

    Weights, all of shape (channels,):
        gamma, beta, v, moving_mean, moving_variance.

    Raises:
        ValueError: the mask has another rank, the size of `axis` is not known,
            or an argument makes no sense.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import EvoNormB0
    >>> x = np.array([[[1.0], [3.0]], [[-1.0], [-3.0]]], "float32")
    >>> print(np.round(EvoNormB0()(x, training=True)[..., 0], 2))
    [[ 0.45  0.75]
     [-0.45 -1.34]]

    Reference: [Liu et al., 2020](https://arxiv.org/abs/2004.02967).
    """

    #: No other activation should follow.
    activates = True

    #: Unlike the batch norm that this is a subclass of.
    subtracts_mean = False

    #: Behind a Dense layer there are no positions to take statistics over.
    over_positions = True

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        **kwargs: Any,
    ) -> None:
        for name in ("renorm", "virtual_batch_size"):
            if kwargs.get(name):
                raise ValueError(
                    f"EvoNorm B0 has no option {name}. Received: "
                    f"{name}={kwargs[name]!r}. Leave it out."
                )
        super().__init__(axis, momentum, epsilon, **kwargs)
        self.v = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        super().build(input_shape)
        self.v = self.add_weight(
            name="v",
            shape=self.moving_variance.shape,
            initializer="ones",
            autocast=False,
        )

    def call(  # type: ignore[override]  # takes no modulation
        self,
        inputs: TensorLike,
        training: bool | None = None,
        mask: TensorLike | None = None,
    ) -> Tensor:
        """Normalizes and activates `inputs`."""
        self._check_mask(inputs, mask)
        x = widen(inputs)
        if not (training and self.trainable):
            (variance,) = self._spread([self.moving_variance], x)
            return self.normalize_by(x, variance, mask)
        if mask is None and not self.synchronized:
            return self._normalize_by_examples(x)
        axes = [i for i in range(len(x.shape)) if i != self.axis % len(x.shape)]
        real = None if mask is None else tf.cast(mask, bool)[..., tf.newaxis]
        mean, variance, count = moments(x, axes, real, self.synchronized)
        self._learn(mean, variance, count)
        return self.normalize_by(x, variance, mask)

    def _normalize_by_examples(self, x):
        """Takes the batch's moments from those of the examples.

        A sum over the whole batch is spared, forward and backward.
        """
        mean, own, count = moments(x, self._positions(x))
        batch_mean, variance, examples = pool(mean, own, None, 0)
        self._learn(batch_mean, variance, examples * count)
        return self._activate(x, variance, own)

    def normalize_by(
        self,
        inputs: TensorLike,
        variance: Tensor,
        mask: TensorLike | None = None,
    ) -> Tensor:
        """Returns the outputs for a given variance of each channel."""
        x = widen(inputs)
        mask = position_mask(mask, x, non_batch_axis(self.axis, len(x.shape)))
        if mask is not None:
            x = tf.where(mask, x, 0)
        own = moments(x, self._positions(x), mask)[1]
        return self._activate(x, variance, own)

    def _positions(self, x):
        axis = non_batch_axis(self.axis, len(x.shape))
        return [i for i in range(1, len(x.shape)) if i != axis]

    def _activate(self, x, variance, own):
        batch, own = (tf.sqrt(v + self.epsilon) for v in (variance, own))
        gamma, beta, v = self._spread((self.gamma, self.beta, self.v), x)
        y = affine(_divide(x, batch, own, v), gamma, beta)
        return tf.cast(y, self.compute_dtype)


def _divide(x, batch, own, v):
    """Returns x / max(batch, v * x + own), with a gradient of few passes."""

    @tf.custom_gradient
    def run(x, batch, own, v):
        divisor = tf.maximum(batch, v * x + own)
        y = x / divisor

        def gradient(dy):
            d = dy / divisor
            slopes = d * y
            to_larger = tf.where(divisor > batch, slopes, 0)
            d_own = total(to_larger, shared_axes(own))
            common = shared_axes(batch)
            d_batch = total(d_own, common) - total(slopes, common)
            d_v = -total(to_larger * x, shared_axes(v))
            return d - v * to_larger, d_batch, -d_own, d_v

        return y, gradient

    return run(x, batch, own, v)
