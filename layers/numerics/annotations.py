"""The types that annotations name, of what Keras and this package take."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

Tensor = tf.Tensor | keras.KerasTensor
#: A tensor, or anything that TensorFlow makes one of, such as an array.
TensorLike = Any
#: Tensors or arrays, in any nesting of lists, tuples and dicts.
Structure = Any
Shape = tuple[int | None, ...]

Axes = int | Sequence[int]
#: What `get_config` returns.
Config = dict[str, Any]

#: A constant one, or one that depends on the number of updates.
Momentum = float | keras.optimizers.schedules.LearningRateSchedule

#: A name, a configuration, or the thing itself.
Initializer = str | Mapping[str, Any] | Callable[..., Any]
Regularizer = str | Mapping[str, Any] | Callable[..., Any] | None
Constraint = str | Mapping[str, Any] | Callable[..., Any] | None
Activation = str | Callable[..., Any] | None

#: What `layers.get` takes.
NormIdentifier = (
    str | Mapping[str, Any] | Callable[..., keras.layers.Layer] | None
)
#: What `layers.get_weight_norm` takes.
WeightNormIdentifier = str | Callable[..., keras.layers.Layer] | None
