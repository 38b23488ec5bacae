"""A norm whose scale and shift come from a second input."""

import inspect
from typing import Any

import keras
import tensorflow as tf

from ..numerics.affine import Modulation, modulated
from ..numerics.annotations import Config, Shape, Tensor, TensorLike
from ..numerics.arguments import public_layer
from ..numerics.arithmetic import widen
from ..numerics.axes import feature_axes, known_sizes
from .condition import Condition


@public_layer
class Conditional(keras.layers.Layer):
    """Normalizes as another layer does, with a condition's scale and shift.

        y = gamma(condition) * norm(inputs) + beta(condition)

    It works with any norm. A `gamma` and a `beta` of the norm's own are left
    out, as `center=False, scale=False` do; norms without these arguments, such
    as RMS norm, keep what they learn. Before training gamma is 1 and beta 0, so
    that it computes what the plain norm does.

    Args:
        norm: a new layer, e.g. `layers.get("batch")()`.
        source: what makes gamma and beta: a `ClassCondition`, a
            `VectorCondition` or a `SpatialCondition`.
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        inputs: what the norm takes.
        condition: what the source takes.
        mask: of the inputs, for norms that take one; passed on.

    Raises:
        TypeError: `norm` is no layer, or `source` no condition.
        ValueError: `norm` has been used already, it has a threshold behind its
            scale and shift, or the source does not fit the condition.

    Example:

    >>> import numpy as np
    >>> from normzoo import layers
    >>> norm = layers.Conditional(
    ...     layers.get("layer")(), layers.ClassCondition(10))
    >>> x = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], "float32")
    >>> y = norm(x, condition=np.array([7, 0]))
    >>> bool(np.allclose(y, layers.LayerNormalization()(x)))
    True
    >>> [tuple(weight.shape) for weight in norm.weights]
    [(10, 3), (10, 3)]
    """

    def __init__(
        self, norm: keras.layers.Layer, source: Condition, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.autocast = False
        self.supports_masking = True
        _check(norm, source)
        self.norm = _without_affine(norm)
        self.source = source

    def build(self, inputs_shape: Shape, condition_shape: Shape) -> None:
        """Makes the weights."""
        axis = self._axis(len(inputs_shape))
        (channels,) = known_sizes([axis], inputs_shape)
        self.norm.build(inputs_shape)
        self.source.build(condition_shape, channels)

    def call(
        self,
        inputs: TensorLike,
        condition: TensorLike,
        mask: TensorLike | None = None,
    ) -> Tensor:
        """Normalizes `inputs`."""
        x = widen(inputs)
        axis = self._axis(len(x.shape))
        modulation = Modulation(
            *(_spread(v, axis, x) for v in self.source(condition, like=x))
        )
        # Of the class: `call_hooks` puts something else into the object.
        taken = inspect.signature(type(self.norm).call).parameters
        given = {"mask": mask, "modulation": modulation}
        given = {k: v for k, v in given.items() if k in taken}
        y = self.norm(inputs, **given)
        if "modulation" not in given:
            y = modulated(y, modulation)
        return tf.cast(y, self.compute_dtype)

    def _axis(self, rank):
        """Returns the axis of the channels: the norm's, or the last one."""
        axes = feature_axes(getattr(self.norm, "axis", -1), rank)
        return axes[0] if len(axes) == 1 else rank - 1

    def compute_output_shape(
        self, inputs_shape: Shape, condition_shape: Shape | None = None
    ) -> Shape:
        """Returns the shape of the norm's outputs."""
        del condition_shape
        return self.norm.compute_output_shape(inputs_shape)

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        parts = {"norm": self.norm, "source": self.source}
        described = {name: _described(part) for name, part in parts.items()}
        return {**super().get_config(), **described}

    @classmethod
    def from_config(cls, config: Config) -> "Conditional":
        """Returns the layer of a configuration."""
        parts = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in ("norm", "source")
        }
        return cls(**{**config, **parts})


def _check(norm, source):
    if not isinstance(norm, keras.layers.Layer):
        raise TypeError(
            "The norm of a Conditional is a layer, such as "
            f"layers.get('batch')(). Received: {norm!r}."
        )
    if norm.weights:
        raise ValueError(
            f"The norm {norm.name!r} has weights already. Give Conditional a "
            "new one."
        )
    if getattr(norm, "threshold", False):
        raise ValueError(
            "A condition scales what a norm returns, and the threshold of "
            f"{type(norm).__name__} comes last. Use threshold=False, and an "
            "activation behind the Conditional."
        )
    if not isinstance(source, Condition):
        raise TypeError(
            "The source of a Conditional is a ClassCondition, a "
            f"VectorCondition or a SpatialCondition. Received: {source!r}."
        )


def _without_affine(norm):
    config = norm.get_config()
    own = {name: False for name in ("center", "scale") if config.get(name)}
    return type(norm).from_config({**config, **own}) if own else norm


def _described(layer):
    """Returns what makes a layer that is not built: `Conditional` does it."""
    found = keras.saving.serialize_keras_object(layer)
    return {key: value for key, value in found.items() if key != "build_config"}


def _spread(value, axis, y):
    """Returns a scale or shift with the type of `y`, broadcast against it."""
    value = tf.cast(value, y.dtype)
    rank = len(y.shape)
    if len(value.shape) == rank:
        return value
    ones = {i: 1 for i in range(1, rank) if i != axis}
    sizes = [-1, *(ones.get(i, value.shape[-1]) for i in range(1, rank))]
    return tf.reshape(value, sizes)
