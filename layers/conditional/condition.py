"""What makes a scale and a shift of each channel from a second input."""

import abc

import keras

from ..numerics.annotations import Shape, Tensor, TensorLike


class Condition(keras.layers.Layer, abc.ABC):
    """Makes `gamma` and `beta` for a `Conditional` norm.

    Before it is trained, gamma is 1 and beta is 0 whatever the condition is.
    """

    @abc.abstractmethod
    def build(self, condition_shape: Shape, channels: int) -> None:
        """Makes the weights.

        Args:
            condition_shape: of the condition, the batch's axis first.
            channels: how many there are to be scaled.

        Raises:
            ValueError: the condition has another shape than it takes.
        """

    @abc.abstractmethod
    def call(
        self, condition: TensorLike, like: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Returns gamma and beta.

        Args:
            condition: a tensor.
            like: a tensor of the shape of what is scaled.

        Returns:
            Two tensors, (batch, channels) or (batch, height, width, channels).
        """
