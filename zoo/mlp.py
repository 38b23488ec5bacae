"""The multilayer perceptron."""

import dataclasses
import functools
from typing import Any

import keras

from ..layers.numerics.annotations import NormIdentifier
from .hidden import Hidden


def mlp(
    input_shape: tuple[int | None, ...],
    num_classes: int,
    *,
    depth: int = 2,
    width: int = 128,
    residual: bool = False,
    normalize_inputs: bool = False,
    input_norm: NormIdentifier = None,
    name: str = "mlp",
    **knobs: Any,
) -> keras.Model:
    """Returns a multilayer perceptron that classifies images or vectors.

    It consists of Flatten, then `depth` times Dense, norm, activation and
    dropout, then Dense logits.

    Args:
        input_shape: shape of one example, e.g. `(8, 8, 1)` or `(64,)`.
        num_classes: number of logits, or of targets in a regression.
        depth: number of hidden layers.
        width: units of each hidden layer.
        residual: whether each hidden layer except the first adds its input to
            its output.
        normalize_inputs: whether there is also a norm before the first layer.
        input_norm: that norm, as `normzoo.layers.get` takes it, if it differs
            from the norm of the hidden layers.
        name: name of the model.
        **knobs: `norm`, `norm_arguments`, `norm_position`, `weight_norm`,
            `norm_noise`, `activation`, `dropout`, `kernel_initializer`,
            `initializer_scale`, `seed`: see `normzoo.zoo.Hidden`.

    Returns:
        A functional `keras.Model` from `(batch, *input_shape)` to float32
        logits `(batch, num_classes)`.

    Raises:
        ValueError: an option is out of its range.

    Example:

    >>> from normzoo import zoo
    >>> zoo.mlp((8, 8, 1), 10, norm="layer").output_shape
    (None, 10)
    """
    if depth < 0 or width < 1:
        raise ValueError(
            "depth must be at least 0 and width at least 1. Received: "
            f"depth={depth}, width={width}."
        )
    hidden = Hidden(**knobs)
    inputs = keras.Input(input_shape, name="inputs")
    x = keras.layers.Flatten(name="flatten")(inputs)
    if normalize_inputs or input_norm is not None:
        x = _before(hidden, input_norm).norm_layer("norm_inputs")(x)
    dense = functools.partial(keras.layers.Dense, width)
    for i in range(depth):
        below = x
        x = hidden.apply(dense, x, f"dense_{i}")
        x = hidden.drop(x, f"dense_{i}")
        if residual and i:
            x = keras.layers.Add(name=f"add_{i}")([below, x])
    return keras.Model(inputs, hidden.logits(x, num_classes), name=name)


def _before(hidden, norm):
    """Returns the knobs of the norm before the first layer."""
    return hidden if norm is None else dataclasses.replace(hidden, norm=norm)
