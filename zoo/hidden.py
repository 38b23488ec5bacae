"""One hidden layer of any model: linear map, normalization, activation."""

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import keras

from ..layers import get, get_weight_norm
from ..layers.norms.bias import cancels_bias
from ..layers.numerics.annotations import (
    Activation,
    Initializer,
    NormIdentifier,
    WeightNormIdentifier,
)
from .dropout import Dropout
from .initializers import layer_seed, scaled_initializer
from .norm_noise import NormNoise

NORM_POSITIONS = ("before", "after")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hidden:
    """The building block of all models, with the options that they share.

    `hidden.apply(linear, x, name)` is one hidden layer: a linear map, a norm,
    and an activation, unless the norm is one itself. Dropout (`drop`), a last
    layer (`linear`, `logits`) and single norms (`norm_layer`) use the same
    options.

    Args:
        norm: what `normzoo.layers.get` takes.
        norm_arguments: dict from the name of a norm to arguments of its layers,
            such as `{"batch": {"momentum": 0.9}}`. Other norms ignore them.
        norm_position: `"before"` or `"after"` the activation.
        weight_norm: what `normzoo.layers.get_weight_norm` takes: of the kernels
            of all layers, or of the hidden ones alone where it sets the scale
            of what a layer returns. Scaled weight standardization gets the
            `activation` for its `gamma`.
        norm_noise: strength of the `NormNoise` after each norm; 0 leaves it
            out.
        activation: name of a Keras activation, a function, or a layer such as
            `keras.layers.LeakyReLU(negative_slope=0.2)`, which is copied for
            each use.
        dropout: rate in [0, 1) after each hidden layer; 0 leaves it out.
        kernel_initializer: a Keras variance-scaling initializer, a
            `RandomNormal`, or the name of one, such as `"he_normal"` or
            `"glorot_uniform"`.
        initializer_scale: positive factor for the standard deviation of the
            initial kernels.
        seed: integer; with equal seeds, layers of equal name and shape get
            equal kernels.

    Raises:
        ValueError: an option is out of its range.

    Example:

    >>> import keras
    >>> from normzoo import zoo
    >>> hidden = zoo.Hidden(norm="batch", seed=1)
    >>> inputs = keras.Input((5,))
    >>> dense = lambda **options: keras.layers.Dense(3, **options)
    >>> y = hidden.apply(dense, inputs, "first")
    >>> [layer.name for layer in keras.Model(inputs, y).layers[1:]]
    ['first', 'norm_first', 'activation_first']
    """

    norm: NormIdentifier = "none"
    norm_arguments: Mapping[Any, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict
    )
    norm_position: str = "before"
    weight_norm: WeightNormIdentifier = "none"
    norm_noise: float = 0.0
    activation: Activation = "relu"
    dropout: float = 0.0
    kernel_initializer: Initializer = "he_normal"
    initializer_scale: float = 1.0
    seed: int = 0

    def __post_init__(self):
        if self.norm_position not in NORM_POSITIONS:
            raise ValueError(
                f"Unknown norm_position. Received: {self.norm_position!r}. "
                f"Expected one of: {', '.join(NORM_POSITIONS)}."
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(
                f"dropout must be in [0, 1). Received: {self.dropout}."
            )
        if not 0 < self.initializer_scale < math.inf:
            raise ValueError(
                "initializer_scale must be positive and finite. Received: "
                f"{self.initializer_scale}."
            )

    def initializer(self, name: str) -> keras.initializers.Initializer:
        """Returns the kernel initializer of the layer called `name`.

        Each layer has its own: a shared initializer would give layers of equal
        shape identical kernels.
        """
        return scaled_initializer(
            self.kernel_initializer,
            self.initializer_scale,
            layer_seed(self.seed, name),
        )

    def for_vectors(self) -> "Hidden":
        """Returns the knobs for layers whose inputs have no positions.

        A norm over the positions of an example is left out there.
        """
        if getattr(self.norm_layer(None), "over_positions", False):
            return dataclasses.replace(self, norm="none")
        return self

    def norm_layer(self, name: str | None) -> keras.layers.Layer:
        """Returns a new normalization layer."""
        arguments = self.norm_arguments.get(self.norm, {})
        return get(self.norm, **arguments)(name=name)

    def linear(
        self,
        layer: Callable[..., keras.layers.Layer],
        name: str,
        last: bool = False,
        fan_in: int | None = None,
        **options: Any,
    ) -> Callable[..., Any]:
        """Returns a linear layer called `name`, with its own initializer.

        Args:
            layer: a layer class or partial that takes `name` and
                `kernel_initializer`.
            name: of the layer.
            last: whether it makes the outputs of the model.
            fan_in: how many weights a unit has, if that may be one: a single
                weight cannot be standardized, and stays as the last layer's do.
            **options: of the layer, such as another `kernel_initializer`.
        """
        options = {"kernel_initializer": self.initializer(name), **options}
        bare = last or fan_in == 1
        return self.with_weight_norm(layer(name=name, **options), bare)

    def with_weight_norm(
        self, layer: keras.layers.Layer, last: bool = False
    ) -> keras.layers.Layer:
        """Returns a layer that computes with normalized kernels.

        Args:
            layer: without weights yet.
            last: whether it makes the outputs of the model.
        """
        arguments = {}
        if self.weight_norm == "scaled_standardization":
            arguments["gamma"] = self.activation
        make = get_weight_norm(self.weight_norm, **arguments)
        if last and not getattr(make.func, "on_outputs", True):
            return layer
        return make(layer)

    def apply(
        self,
        layer: Callable[..., keras.layers.Layer],
        x: keras.KerasTensor,
        name: str,
        reshape: Callable[..., Any] | None = None,
        labels: keras.KerasTensor | None = None,
    ) -> keras.KerasTensor:
        """Returns the hidden layer's output.

        A bias that the norm would cancel is left out, and so is the activation
        behind a norm that is one itself.

        Args:
            layer: a layer class or partial that takes `name`, `use_bias` and
                `kernel_initializer`.
            x: a symbolic tensor.
            name: of the linear layer; the others' names end with it.
            reshape: shape of one example after the linear map, or None.
            labels: the `Labels` whose classes scale and shift what the norm
                makes, or None.
        """
        x = self.linear(layer, name, use_bias=self.needs_bias)(x)
        if reshape is not None:
            x = keras.layers.Reshape(reshape, name=f"reshape_{name}")(x)
        return self.normalize_and_activate(x, name, labels)

    @property
    def needs_bias(self) -> bool:
        """Whether a bias has an effect in a linear layer before the norm."""
        after = self.norm_position == "after"
        return after or not cancels_bias(self.norm_layer(None))

    @property
    def norm_activates(self) -> bool:
        """Whether the norm is an activation itself."""
        return _activates(self.norm_layer(None))

    def normalize_and_activate(
        self,
        x: keras.KerasTensor,
        name: str,
        labels: keras.KerasTensor | None = None,
    ) -> keras.KerasTensor:
        """Returns `x` behind a norm and an activation, in their order."""
        if self.norm_position == "after":
            return self.normalize(self.activate(x, name), name, labels)
        x = self.normalize(x, name, labels)
        is_active = _activates(self._norm(None, labels))
        return x if is_active else self.activate(x, name)

    def normalize(
        self,
        x: keras.KerasTensor,
        name: str,
        labels: keras.KerasTensor | None = None,
    ) -> keras.KerasTensor:
        """Returns the normalized `x`, with the noise that comes behind."""
        norm = self._norm(f"norm_{name}", labels)
        normalize = norm if labels is None else labels.condition(norm)
        return self._noise(name)(normalize(x))

    def _norm(self, name, labels):
        norm = self.norm_layer(name)
        return norm if labels is None else _without_threshold(norm)

    def activate(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        """Returns the activations of `x`, by a new layer."""
        name, activation = f"activation_{name}", self.activation
        if isinstance(activation, keras.layers.Layer):
            config = {**activation.get_config(), "name": name}
            return type(activation).from_config(config)(x)
        return keras.layers.Activation(activation, name=name)(x)

    def _noise(self, name):
        if not self.norm_noise:
            return lambda x: x
        name = f"noise_{name}"
        seed = layer_seed(self.seed, name)
        return NormNoise(self.norm_noise, seed=seed, name=name)

    def drop(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        """Returns `x` with dropout, or `x` itself where the rate is 0."""
        if not self.dropout:
            return x
        name = f"dropout_{name}"
        seed = layer_seed(self.seed, name)
        return Dropout(self.dropout, seed=seed, name=name)(x)

    def logits(
        self, x: keras.KerasTensor, num_classes: int, **options: Any
    ) -> keras.KerasTensor:
        """Returns the class scores, in float32 under every dtype policy.

        Args:
            x: a symbolic tensor.
            num_classes: number of scores.
            **options: of the layer, as of `linear`.
        """
        if num_classes < 1:
            raise ValueError(
                f"num_classes must be at least 1. Received: {num_classes}."
            )
        dense = functools.partial(keras.layers.Dense, num_classes)
        options = {"dtype": "float32", **options}
        return self.linear(dense, "logits", last=True, **options)(x)


def _activates(norm):
    return getattr(norm, "activates", False)


def _without_threshold(norm):
    """Returns a new norm without what would follow its scale and shift."""
    if not getattr(norm, "threshold", False):
        return norm
    return type(norm).from_config({**norm.get_config(), "threshold": False})
