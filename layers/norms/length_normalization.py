"""What the norms have in common that divide features by their length."""

import keras


class LengthNormalization(keras.layers.Layer):
    """A layer without an affine, over some features of each position.

    Args:
        axis: the axis or axes to normalize over.
        epsilon: what keeps it from dividing by 0.
        **kwargs: arguments of `keras.layers.Layer`.
    """

    def __init__(self, axis=-1, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False
        self.supports_masking = True
        self.axis = axis
        self.epsilon = epsilon

    def compute_output_shape(self, input_shape):
        """Returns the shape of the inputs."""
        return input_shape

    def get_config(self):
        """Returns the constructor's arguments."""
        config = super().get_config()
        return {**config, "axis": self.axis, "epsilon": self.epsilon}
