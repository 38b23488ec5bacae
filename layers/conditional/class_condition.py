"""A scale and a shift for each class."""

from typing import Any

import tensorflow as tf

from ..numerics.annotations import Config, Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from .condition import Condition


@public_layer
class ClassCondition(Condition):
    """Gives each class a gamma and a beta of its own, for `Conditional`.

    The condition is a class for each example: integers from 0 to `classes - 1`,
    of shape (batch,) or (batch, 1). A class out of range is an error on CPUs.

    Args:
        classes: how many there are.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Weights:
        gamma, beta: of shape (classes, channels), 1 and 0 at first.

    Raises:
        ValueError: the condition is of another shape, or no integers.

    Reference: [Dumoulin et al., 2017](https://arxiv.org/abs/1610.07629), [De
    Vries et al., 2017](https://arxiv.org/abs/1707.00683).
    """

    def __init__(self, classes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, condition_shape: Shape, channels: int) -> None:
        """Makes the weights."""
        rank = len(condition_shape)
        if rank != 1 and (rank, condition_shape[-1]) != (2, 1):
            raise ValueError(
                "A class condition is one class for each example, of shape "
                f"(batch,) or (batch, 1). Received: {tuple(condition_shape)}. "
                "Use VectorCondition for vectors, one-hot ones among them."
            )
        for name, initializer in (("gamma", "ones"), ("beta", "zeros")):
            weight = self.add_weight(
                name=name,
                shape=(self.classes, channels),
                initializer=initializer,
                autocast=False,
            )
            setattr(self, name, weight)

    def call(
        self, condition: TensorLike, like: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Returns gamma and beta of the examples' classes."""
        del like
        labels = tf.convert_to_tensor(condition)
        if not labels.dtype.is_integer:
            raise ValueError(
                "Classes are integers. Received: a condition of type "
                f"{labels.dtype.name}. Use keras.Input((), dtype='int32')."
            )
        labels = tf.reshape(labels, [-1])
        return tuple(
            _rows(weight.value, labels) for weight in (self.gamma, self.beta)
        )

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "classes": self.classes}


def _rows(table, labels):
    """Returns the rows of a table, whose gradient is a tensor.

    Steps of one's own cannot compute with TensorFlow's IndexedSlices.
    """

    @tf.custom_gradient
    def run(table):
        def gradient(dy):
            return tf.math.unsorted_segment_sum(dy, labels, table.shape[0])

        return tf.gather(table, labels), gradient

    return run(tf.convert_to_tensor(table))
