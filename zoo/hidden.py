"""One hidden layer of any model: linear map, normalization, activation."""

import dataclasses
import math
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import keras

from ..layers import InstanceNormalization, VirtualBatchNormalization, get
from .dropout import Dropout
from .norm_noise import NormNoise

NORM_POSITIONS = ("before", "after")

_OVER_ONE_CHANNEL = (
    keras.layers.BatchNormalization,
    InstanceNormalization,
    VirtualBatchNormalization,
)


def layer_seed(seed, name):
    """Returns a seed that depends on the model's seed and the layer's name.

    It does not depend on what else is in the model: equal layers of two models
    that differ in their normalization start from equal kernels.
    """
    return zlib.crc32(f"{seed}/{name}".encode())


def cancels_bias(norm):
    """Returns whether a norm takes away what was added to each channel.

    A bias in front of it has no effect. Layer and group norm take away the
    mean over several channels, which leaves the channels' differences.
    """
    return isinstance(norm, _OVER_ONE_CHANNEL)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hidden:
    """The knobs that all hidden layers of a model share.

    Args:
        norm: what `normzoo.layers.get` takes.
        norm_arguments: name of a norm -> arguments of its layers, such as
            `{"batch": {"momentum": 0.9}}`. Other norms pass them by.
        norm_position: `"before"` or `"after"` the activation.
        norm_noise: strength of the `NormNoise` behind each norm; 0 leaves it
            out.
        activation: name of a Keras activation, or a callable.
        dropout: rate in [0, 1) behind each hidden layer; 0 leaves it out.
        kernel_initializer: a Keras variance-scaling initializer or its name,
            such as `"he_normal"` or `"glorot_uniform"`.
        initializer_scale: factor of the initial kernels' standard deviation.
        seed: integer; equal seeds give equal kernels to layers of equal name
            and shape.

    Raises:
        ValueError: a knob is out of its range.
    """

    norm: str | Callable | None = "none"
    norm_arguments: Mapping[str, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict
    )
    norm_position: str = "before"
    norm_noise: float = 0.0
    activation: str | Callable = "relu"
    dropout: float = 0.0
    kernel_initializer: str | keras.initializers.Initializer = "he_normal"
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
        if not 0 <= self.initializer_scale < math.inf:
            raise ValueError(
                "initializer_scale must not be negative, and finite. Received: "
                f"{self.initializer_scale}."
            )

    def initializer(self, name):
        """Returns the kernel initializer of the layer called `name`.

        Each layer has one of its own: a shared initializer would give layers
        of equal shape identical kernels.
        """
        base = keras.initializers.get(self.kernel_initializer)
        if not isinstance(base, keras.initializers.VarianceScaling):
            raise ValueError(
                "kernel_initializer must be of Keras' variance-scaling family "
                "(he_normal, glorot_uniform, lecun_normal, ...), so that "
                f"initializer_scale applies. Received: {base!r}."
            )
        return keras.initializers.VarianceScaling(
            scale=base.scale * self.initializer_scale**2,
            mode=base.mode,
            distribution=base.distribution,
            seed=layer_seed(self.seed, name),
        )

    def for_vectors(self):
        """Returns the knobs of layers that follow those with positions.

        A norm over the positions of an example has none to work on there, and
        is left out.
        """
        if getattr(self.norm_layer(None), "over_positions", False):
            return dataclasses.replace(self, norm="none")
        return self

    def norm_layer(self, name):
        """Returns a new normalization layer."""
        arguments = self.norm_arguments.get(self.norm, {})
        return get(self.norm, **arguments)(name=name)

    def apply(self, linear, x, name):
        """Returns the hidden layer's output.

        Args:
            linear: a layer class or partial that takes `name`, `use_bias` and
                `kernel_initializer`.
            x: a symbolic tensor.
            name: of the linear layer; the others' names end with it.
        """
        norm = self.norm_layer(f"norm_{name}")
        noise = self._noise(name)
        x = linear(
            name=name,
            use_bias=self.norm_position == "after" or not cancels_bias(norm),
            kernel_initializer=self.initializer(name),
        )(x)
        activation = keras.layers.Activation(
            self.activation, name=f"activation_{name}"
        )
        if self.norm_position == "before":
            return activation(noise(norm(x)))
        return noise(norm(activation(x)))

    def _noise(self, name):
        if not self.norm_noise:
            return lambda x: x
        name = f"noise_{name}"
        seed = layer_seed(self.seed, name)
        return NormNoise(self.norm_noise, seed=seed, name=name)

    def drop(self, x, name):
        """Returns `x` with dropout, or `x` itself where the rate is 0."""
        if not self.dropout:
            return x
        name = f"dropout_{name}"
        seed = layer_seed(self.seed, name)
        return Dropout(self.dropout, seed=seed, name=name)(x)

    def logits(self, x, num_classes):
        """Returns the class scores, in float32 under every dtype policy."""
        if num_classes < 2:
            raise ValueError(
                f"num_classes must be at least 2. Received: {num_classes}."
            )
        return keras.layers.Dense(
            num_classes,
            kernel_initializer=self.initializer("logits"),
            dtype="float32",
            name="logits",
        )(x)
