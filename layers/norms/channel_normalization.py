"""What the layers have in common that end in an affine of each channel."""

from typing import Any

import keras
from keras import constraints, initializers, regularizers

from ..numerics.annotations import (
    Config,
    Constraint,
    Initializer,
    Regularizer,
    Shape,
)

_KINDS = {
    "initializer": initializers,
    "regularizer": regularizers,
    "constraint": constraints,
}


class ChannelAffine(keras.layers.Layer):
    """A layer with `gamma` and `beta` of each channel, and their arguments.

    Args:
        axis: the axis of the channels.
        center: whether there is a `beta`.
        scale: whether there is a `gamma`.
        beta_initializer, gamma_initializer: initializers.
        beta_regularizer, gamma_regularizer: regularizers.
        beta_constraint, gamma_constraint: constraints.
        **kwargs: arguments of `keras.layers.Layer`.
    """

    #: The weights that have an initializer, a regularizer and a constraint.
    affine: tuple[str, ...] = ("beta", "gamma")

    def __init__(
        self,
        axis: int = -1,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones",
        beta_regularizer: Regularizer = None,
        gamma_regularizer: Regularizer = None,
        beta_constraint: Constraint = None,
        gamma_constraint: Constraint = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.autocast = False
        self.supports_masking = True
        self.axis = axis
        self.center = center
        self.scale = scale
        self._set_affine(
            "beta", beta_initializer, beta_regularizer, beta_constraint
        )
        self._set_affine(
            "gamma", gamma_initializer, gamma_regularizer, gamma_constraint
        )

    def _set_affine(self, name, *values):
        """Keeps the arguments of a weight, which is not made yet."""
        for (kind, module), value in zip(_KINDS.items(), values, strict=True):
            setattr(self, f"{name}_{kind}", module.get(value))
        setattr(self, name, None)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the inputs."""
        return input_shape

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        config = super().get_config()
        for name in ("axis", "center", "scale"):
            config[name] = getattr(self, name)
        for kind, module in _KINDS.items():
            for name in self.affine:
                value = getattr(self, f"{name}_{kind}")
                config[f"{name}_{kind}"] = module.serialize(value)
        return config


class ChannelNormalization(ChannelAffine):
    """A `ChannelAffine` that divides, by a root to which epsilon is added.

    Args:
        axis: the axis of the channels.
        epsilon: added to what the layer divides by the root of.
        center: whether there is a `beta`.
        scale: whether there is a `gamma`.
        **kwargs: the other arguments of `ChannelAffine`.
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(axis, center, scale, **kwargs)
        self.epsilon = epsilon

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}
