"""What the norms have in common that divide features by their length."""

from typing import Any

import keras

from ..numerics.annotations import Axes, Config, Shape


class LengthNormalization(keras.layers.Layer):
    """A layer without an affine, over some features of each position.

    Args:
        axis: the axis or axes to normalize over.
        epsilon: what keeps it from dividing by 0.
        **kwargs: arguments of `keras.layers.Layer`.
    """

    def __init__(
        self, axis: Axes = -1, epsilon: float = 1e-5, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.autocast = False
        self.supports_masking = True
        self.axis = axis
        self.epsilon = epsilon

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the inputs."""
        return input_shape

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        config = super().get_config()
        return {**config, "axis": self.axis, "epsilon": self.epsilon}
