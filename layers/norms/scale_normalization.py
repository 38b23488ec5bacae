"""Scale normalization."""

import math
from typing import Any

import keras
import tensorflow as tf

from ..numerics.annotations import Axes, Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import mean_square, normalize, spread, widen
from ..numerics.axes import feature_axes, known_sizes
from .length_normalization import LengthNormalization


@public_layer
class ScaleNormalization(LengthNormalization):
    """Gives the features of each example one length, which is learned.

        y = scale * x / max(|x|, epsilon)

    with the Euclidean length |x| over `axis`. `scale` starts at the root of the
    number of features. Training and inference are one.

    The arithmetic is float32 at least whatever the dtype policy; outputs have
    the policy's compute dtype.

    Args:
        axis: the axis or axes to normalize over. Their sizes must be known.
        epsilon: the least length to divide by.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of any shape (batch, ...).
        mask: passed on. Each position is normalized by itself, so it changes
            nothing.

    Weights:
        scale: of shape ().

    Raises:
        ValueError: an axis is out of range, or its size is not known.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import ScaleNormalization
    >>> x = np.array([[0.0, 0.0, 0.0, 4.0], [9.0, -9.0, 9.0, 9.0]], "float32")
    >>> np.round(ScaleNormalization()(x), 2).tolist()
    [[0.0, 0.0, 0.0, 2.0], [1.0, -1.0, 1.0, 1.0]]

    Reference: [Nguyen and Salazar, 2019](https://arxiv.org/abs/1910.05895).
    """

    def __init__(
        self, axis: Axes = -1, epsilon: float = 1e-5, **kwargs: Any
    ) -> None:
        super().__init__(axis, epsilon, **kwargs)
        self.scale = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weight."""
        length = math.sqrt(self._features(input_shape))
        self.scale = self.add_weight(
            name="scale",
            shape=(),
            initializer=keras.initializers.Constant(length),
            autocast=False,
        )

    def call(
        self, inputs: TensorLike, mask: TensorLike | None = None
    ) -> Tensor:
        """Normalizes `inputs`."""
        del mask
        x = widen(inputs)
        axes = feature_axes(self.axis, len(x.shape))
        square = mean_square(x, axes) * self._features(x.shape)
        square = tf.maximum(square, self.epsilon**2)
        scale, zero = spread(self.scale, [], x), tf.zeros_like(square)
        y = normalize(x, zero, square, 0.0, scale)
        return tf.cast(y, self.compute_dtype)

    def _features(self, shape):
        axes = feature_axes(self.axis, len(shape))
        return math.prod(known_sizes(axes, shape))
