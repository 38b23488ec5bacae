"""How much of a normal variable's variance an activation leaves."""

from typing import Any

import keras
import numpy as np

from ..numerics.annotations import Activation

#: Beyond it a normal variable has 1e-36 of its weight.
_REACH = 12.5
_POINTS = 200_001


def variance_gain(activation: Activation | keras.layers.Layer) -> float:
    """Returns the factor that gives an activation's outputs a variance of 1.

        1 / sqrt(variance of f(z)),  z standard normal

    Args:
        activation: f, what `keras.activations.get` takes, or a Keras layer. It
            works on each number alone.

    Raises:
        ValueError: its outputs are constant, or not finite.

    Example:

    >>> from normzoo.layers import variance_gain
    >>> round(variance_gain("relu"), 4)
    1.7129
    """
    f: Any = activation
    if not isinstance(activation, keras.Layer):
        f = keras.activations.get(activation)
    z = np.linspace(-_REACH, _REACH, _POINTS)
    # Simpson's rule, exact to many digits for a kink at 0, too.
    weights = np.exp(-(z**2) / 2) * np.where(np.arange(_POINTS) % 2, 4, 2)
    weights /= weights.sum()
    values = keras.ops.convert_to_numpy(f(keras.ops.convert_to_tensor(z)))
    values = values.astype("float64")
    mean = weights @ values
    variance = weights @ (values - mean) ** 2
    if not 0 < variance < np.inf:
        raise ValueError(
            f"The activation {activation!r} gives outputs of variance "
            f"{variance} for a normal variable. Expected a positive one."
        )
    return float(1 / np.sqrt(variance))
