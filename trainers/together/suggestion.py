"""How runs of one structure train fastest together, by their model."""

from typing import NamedTuple

import keras

from ...layers.models.inner_layers import inner_layers
from .converters import has_converters
from .obstacles import obstacle


class Suggestion(NamedTuple):
    """How runs should train.

    Attributes:
        mode: `"stacked"`, `"call_by_call"` or `"side_by_side"`.
        reason: why, in a few words.
        can_stack: whether they could be stacked as well, which XLA takes long
            to compile.
        unrolled: how many steps of loops over time it would write out.
    """

    mode: str
    reason: str
    can_stack: bool = False
    unrolled: int = 0


def suggested(model):
    """Returns the `Suggestion` for runs of a model's structure, on CPUs.

    Args:
        model: compiled and built.

    Example:

    >>> import keras
    >>> from normzoo.trainers.together.suggestion import suggested
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> model.compile("adam", "mse")
    >>> suggested(model).mode
    'stacked'
    """
    reason = obstacle(model, vectorized=False)
    if reason:
        return Suggestion("side_by_side", reason)
    reason = obstacle(model)
    if reason:
        return Suggestion("call_by_call", reason)
    inside = inner_layers(model)
    if not has_converters() and any(map(_is_random, inside)):
        return Suggestion("call_by_call", "XLA has other random numbers")
    slow = next((words for layer in inside if (words := _is_slow(layer))), "")
    if slow:
        reason = f"XLA takes long to compile {slow}"
        unrolled = sum(map(_loop_steps, inside))
        return Suggestion("call_by_call", reason, True, unrolled)
    return Suggestion("stacked", "all operations can be vectorized", True)


def _is_slow(layer):
    """Returns what XLA would take long to compile, in words, or ""."""
    if isinstance(layer, keras.layers.RNN):
        return "loops over time"
    return "convolutions" if hasattr(layer, "convolution_op") else ""


def _loop_steps(layer):
    if not isinstance(layer, keras.layers.RNN):
        return 0
    try:
        return layer.input.shape[1] or 0
    except (AttributeError, ValueError):  # it is called never, or twice
        return 0


def _is_random(layer):
    return getattr(layer, "seed_generator", None) is not None
