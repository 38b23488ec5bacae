"""Layer normalization, a drop-in for Keras' layer."""

from typing import Any

import keras
import tensorflow as tf

from ..numerics.affine import Modulation, with_modulation
from ..numerics.annotations import Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import moments, normalize, spread, widen
from ..numerics.axes import feature_axes
from .weights import add_affine_weights


@public_layer
class LayerNormalization(keras.layers.LayerNormalization):
    """Normalizes each example over its features.

        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    with the mean and biased variance of each example over `axis`. Training and
    inference are the same. It takes the arguments of Keras' layer of that name,
    has the same weights, and needs fewer passes over memory.

    The layer computes in float32 or higher, whatever the dtype policy; outputs
    have the policy's compute dtype.

    Args:
        axis: the axis or axes to normalize over. Their sizes must be known if
            there are weights.
        epsilon: added to the variance.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer, gamma_initializer: initializers.
        beta_regularizer, gamma_regularizer: regularizers.
        beta_constraint, gamma_constraint: constraints.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: a tensor of any shape (batch, ...).
        mask: passed on. It changes nothing, since each position is normalized
            on its own.
        modulation: what a `Conditional` has made of its condition, or None.

    Weights:
        gamma, beta: of the sizes of the inputs along the sorted `axis`.

    Raises:
        TypeError: `axis` is neither an integer nor a list or tuple of them.
        ValueError: an axis is out of range, or its size is not known.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import LayerNormalization
    >>> x = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], "float32")
    >>> y = LayerNormalization(epsilon=1e-5)(x)
    >>> np.round(y[0], 2).tolist() == np.round(y[1], 2).tolist()
    True

    Reference: [Ba, Kiros and Hinton, 2016](https://arxiv.org/abs/1607.06450).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.autocast = False
        self.gamma = None
        self.beta = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        axes = feature_axes(self.axis, len(input_shape))
        wanted = {
            "gamma": self.scale or self.rms_scaling,
            "beta": self.center and not self.rms_scaling,
        }
        add_affine_weights(self, wanted, axes, input_shape)

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
        mean, variance, _ = moments(x, axes)
        if self.rms_scaling:
            mean = tf.zeros_like(mean)
        gamma = spread(self.gamma, axes, x)
        beta = spread(self.beta, axes, x)
        gamma, beta = with_modulation(modulation, gamma, beta)
        y = normalize(x, mean, variance, self.epsilon, gamma, beta)
        return tf.cast(y, self.compute_dtype)
