"""Pixel normalization."""

from typing import Any

import tensorflow as tf

from ..numerics.annotations import Tensor, TensorLike
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import mean_square, normalize, widen
from ..numerics.axes import feature_axes
from .length_normalization import LengthNormalization


@public_layer
class PixelNormalization(LengthNormalization):
    """Divides each pixel by the root of the mean square of its channels.

        y = x / sqrt(mean(x^2) + epsilon)

    with the mean of each position of each example over `axis`. It is RMS
    normalization without a weight, as in the generators of Progressive GAN and
    StyleGAN. Training and inference are one.

    The arithmetic is float32 at least whatever the dtype policy; outputs have
    the policy's compute dtype.

    Args:
        axis: the axis or axes to normalize over, that of the channels.
        epsilon: added to the mean square.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of any shape (batch, ...).
        mask: passed on. Each position is normalized by itself, so it changes
            nothing.

    Raises:
        ValueError: an axis is out of range.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import PixelNormalization
    >>> x = np.array([[0.0, 0.0, 0.0, 4.0], [9.0, -9.0, 9.0, 9.0]], "float32")
    >>> np.round(PixelNormalization()(x), 2).tolist()
    [[0.0, 0.0, 0.0, 2.0], [1.0, -1.0, 1.0, 1.0]]

    Reference: [Karras et al., 2018](https://arxiv.org/abs/1710.10196), section
    4.2.
    """

    def __init__(
        self, axis: int = -1, epsilon: float = 1e-8, **kwargs: Any
    ) -> None:
        super().__init__(axis, epsilon, **kwargs)

    def call(
        self, inputs: TensorLike, mask: TensorLike | None = None
    ) -> Tensor:
        """Normalizes `inputs`."""
        del mask
        x = widen(inputs)
        square = mean_square(x, feature_axes(self.axis, len(x.shape)))
        y = normalize(x, tf.zeros_like(square), square, self.epsilon)
        return tf.cast(y, self.compute_dtype)
