"""Instance normalization."""

from typing import Any

from ..numerics.annotations import Config, Shape
from ..numerics.arguments import public_layer
from ..numerics.axes import non_batch_axis
from .group_normalization import GroupNormalization


@public_layer
class InstanceNormalization(GroupNormalization):
    """Normalizes each channel of each example over its positions.

        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    The mean and biased variance are those of one channel of one example, over
    its positions. Training and inference are the same. The layer computes and
    stores the same as `GroupNormalization(groups=-1)`. It needs several
    positions: with a single value, `x - mean` is 0 and every output is `beta`.

    Args:
        axis: the axis of the channels. Its size must be known if there are
            weights.
        epsilon: added to the variance.
        **kwargs: the other arguments of `GroupNormalization`, except `groups`.

    Call arguments:
        inputs: a tensor of shape (batch, ...), of rank 3 or greater.
        mask: as in `GroupNormalization`.

    Weights:
        gamma, beta: of shape (channels,).

    Raises:
        ValueError: the inputs have a single position, for example if their
            rank is 2.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import InstanceNormalization
    >>> x = np.array([[[1.0, 10.0], [3.0, 30.0]]], "float32")
    >>> np.round(InstanceNormalization()(x), 2).tolist()
    [[[-1.0, -1.0], [1.0, 1.0]]]

    Reference: [Ulyanov et al., 2016](https://arxiv.org/abs/1607.08022).
    """

    #: Behind a Dense layer there are no positions to take statistics over.
    over_positions = True

    def __init__(
        self, axis: int = -1, epsilon: float = 1e-3, **kwargs: Any
    ) -> None:
        super().__init__(groups=-1, axis=axis, epsilon=epsilon, **kwargs)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights."""
        axis = non_batch_axis(self.axis, len(input_shape))
        sizes = [*input_shape[1:axis], *input_shape[axis + 1 :]]
        if all(size == 1 for size in sizes):
            raise ValueError(
                "Instance normalization takes statistics over positions, and "
                "there is only one, so every output would be beta. Received: "
                f"input_shape={tuple(input_shape)}, axis={self.axis}. Use "
                "GroupNormalization or LayerNormalization."
            )
        super().build(input_shape)

    def get_config(self) -> Config:
        """Returns the arguments of the constructor."""
        config = super().get_config()
        del config["groups"]
        return config
