"""The names of the norms of kernels."""

import functools
from typing import Any

import keras

from .lookup import look_up
from .numerics.annotations import WeightNormIdentifier
from .weight_norms.scaled_weight_standardization import (
    ScaledWeightStandardization,
)
from .weight_norms.spectral_normalization import SpectralNormalization
from .weight_norms.weight_normalization import WeightNormalization
from .weight_norms.weight_standardization import WeightStandardization


def _unchanged(layer):
    return layer


#: Name -> class of wrappers, or a function that returns one around a layer.
#: Each combines with any of `NORMS`, which act on what the layers return.
WEIGHT_NORMS = {
    "none": _unchanged,
    "spectral": SpectralNormalization,
    "weight": WeightNormalization,
    "standardization": WeightStandardization,
    "scaled_standardization": ScaledWeightStandardization,
}


def get_weight_norm(
    identifier: WeightNormIdentifier, **kwargs: Any
) -> functools.partial[keras.layers.Layer]:
    """Returns a function that gives a layer a norm of its kernels.

    Args:
        identifier: a name in `WEIGHT_NORMS`; `"module:function"` or
            `"file.py:function"`, a callable of your own; `None` (no norm, as
            `"none"`); or a callable that takes a layer and returns one, such
            as a class of wrappers.
        **kwargs: arguments of the wrapper, e.g. `power_iterations=2`.

    Returns:
        A callable that takes a layer without weights yet, and returns a
        `keras.layers.Layer` that computes the same with normalized kernels.
        That of `"none"` returns the layer itself.

    Raises:
        ValueError: the name is not in `WEIGHT_NORMS`, and nothing of your own
            has it.
        TypeError: `identifier` is a layer instance or no callable.

    Example:

    >>> import keras
    >>> from normzoo import layers
    >>> normalize = layers.get_weight_norm("spectral")
    >>> normalize(keras.layers.Dense(3, name="first")).name
    'first'
    """
    if identifier is None:
        identifier = "none"
    if isinstance(identifier, str):
        identifier = look_up(identifier, WEIGHT_NORMS, "weight norm")
    if isinstance(identifier, keras.layers.Layer) or not callable(identifier):
        raise TypeError(
            "A weight norm is a name, a callable or None. Received: "
            f"{identifier!r} of type {type(identifier).__name__}."
        )
    return functools.partial(identifier, **kwargs)
