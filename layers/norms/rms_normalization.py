"""RMS normalization, a drop-in for Keras' layer."""

from typing import Any

import keras
import tensorflow as tf

from ..numerics.affine import Modulation, with_modulation
from ..numerics.annotations import Axes, Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import mean_square, normalize, spread, widen
from ..numerics.axes import feature_axes, known_sizes


@public_layer
class RMSNormalization(keras.layers.RMSNormalization):
    """Divides each example by the root of the mean square of its features.

        y = scale * x / sqrt(mean(x^2) + epsilon)

    with the mean of each example over `axis`. Training and inference are the
    same. The layer takes the arguments of `keras.layers.RMSNormalization` and
    has the same weights. There are these differences:

    - large inputs do not overflow under `mixed_float16`: the layer computes in
      float32 or higher, and outputs have the policy's compute dtype;
    - axes other than the last ones work, and the attribute `axis` keeps the
      value that was passed;
    - its gradient is written by hand.

    Args:
        axis: the axis or axes to normalize over. Their sizes must be known.
        epsilon: added to the mean square.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of any shape (batch, ...).
        mask: passed on. It changes nothing, since each position is normalized
            on its own.

    Weights:
        scale: of the sizes of the inputs along the sorted `axis`.

    Raises:
        ValueError: an axis is out of range, or its size is not known.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import RMSNormalization
    >>> x = np.array([[0.0, 0.0, 0.0, 4.0], [9.0, -9.0, 9.0, 9.0]], "float32")
    >>> np.round(RMSNormalization()(x), 2).tolist()
    [[0.0, 0.0, 0.0, 2.0], [1.0, -1.0, 1.0, 1.0]]

    Reference: [Zhang and Sennrich, 2019](https://arxiv.org/abs/1910.07467).
    """

    def __init__(
        self, axis: Axes = -1, epsilon: float = 1e-6, **kwargs: Any
    ) -> None:
        super().__init__(axis=axis, epsilon=epsilon, **kwargs)
        self.autocast = False
        self.supports_masking = True
        self.scale = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weight."""
        axes = feature_axes(self.axis, len(input_shape))
        self.scale = self.add_weight(
            name="scale",
            shape=known_sizes(axes, input_shape),
            initializer="ones",
            autocast=False,
        )

    def call(
        self,
        inputs: TensorLike,
        mask: TensorLike | None = None,
        modulation: Modulation | None = None,
    ) -> Tensor:
        """Normalizes `inputs`."""
        del mask
        x = widen(inputs)
        axes = feature_axes(self.axis, len(x.shape))
        scale = spread(self.scale, axes, x)
        square = mean_square(x, axes)
        zero = tf.zeros_like(square)
        affine = with_modulation(modulation, scale, None)
        y = normalize(x, zero, square, self.epsilon, *affine)
        return tf.cast(y, self.compute_dtype)
