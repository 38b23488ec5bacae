"""The norms of a stacked recurrent network, by name."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import keras

from ..layers.lookup import look_up
from ..layers.recurrent.families import FAMILIES


@dataclasses.dataclass(frozen=True)
class Stack:
    """How to build the network for a norm's name.

    Attributes:
        family: of the recurrent layers: `"keras"`, `"batch"` or `"layer"`.
        arguments: of the recurrent layers.
        between: the norm between the recurrent layers, for
            `normzoo.layers.get`.
    """

    family: str
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    between: str = "none"


#: Norm -> how the network is built.
RECURRENT_NORMS = {
    "none": Stack("keras"),
    # Statistics for each time step.
    "batch": Stack("batch"),
    # The control: one set for all time steps.
    "batch_shared": Stack("batch", {"per_timestep": False}),
    # The recurrence alone is what a small gamma protects.
    "input": Stack(
        "batch",
        {
            "normalize_recurrent": False,
            "normalize_cell": False,
            "gamma_initializer": "ones",
        },
    ),
    "vertical": Stack("keras", between="batch"),
    "layer": Stack("layer"),
}


def get_stack(norm):
    """Returns the `Stack` of a norm's name.

    Args:
        norm: a name in `RECURRENT_NORMS`, or `"module:NAME"` or
            `"file.py:NAME"` of a `Stack` of your own.

    Raises:
        ValueError: unknown name, or it names something else.
    """
    stack = look_up(norm, RECURRENT_NORMS, "norm of a stacked RNN")
    if not isinstance(stack, Stack):
        raise ValueError(
            f"The norm of a stacked RNN must be a `Stack`. Received: {norm!r}, "
            f"which is {stack!r}."
        )
    return stack


def layer_factory(cell, stack, gamma_initializer, momentum, max_timesteps):
    """Returns a factory of recurrent layers with the arguments of `stack`.

    Args:
        cell: `"lstm"`, `"gru"`, `"simple"` or `"indrnn"`.
        stack: a `Stack`.
        gamma_initializer: of the norms, or a number, or None for theirs.
        momentum, max_timesteps: of those with moving statistics.

    Raises:
        ValueError: unknown cell.
    """
    if cell not in FAMILIES:
        raise ValueError(
            f"Unknown cell. Received: {cell!r}. Expected one of: "
            f"{', '.join(FAMILIES)}."
        )
    given = {}
    if stack.family != "keras" and gamma_initializer is not None:
        given["gamma_initializer"] = _initializer(gamma_initializer)
    if stack.family == "batch":
        given |= {"momentum": momentum, "max_timesteps": max_timesteps}
    layer = FAMILIES[cell][stack.family]
    return functools.partial(layer, **{**stack.arguments, **given})


def _initializer(gamma):
    if isinstance(gamma, (int, float)):
        return keras.initializers.Constant(gamma)
    return gamma
