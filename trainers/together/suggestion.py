"""How runs of one structure train fastest together, by their model."""

from typing import NamedTuple

import keras

from ...layers.models.inner_layers import inner_layers
from ..run.together import ALONE
from .converters import has_converters
from .obstacles import obstacle

#: Convolutions of that many filters compute more than they wait, and
#: TensorFlow's own are faster than products of patches.
_WIDE = 32


class Suggestion(NamedTuple):
    """How runs should train.

    Attributes:
        mode: `"stacked"`, `"side_by_side"` or `"alone"`.
        jit_compile: whether XLA should compile the program, if there is one.
        reason: why, in a few words.
    """

    mode: str
    jit_compile: bool
    reason: str


def suggested(model):
    """Returns the `Suggestion` for runs of a model's structure, on CPUs.

    Args:
        model: compiled and built.

    Example:

    >>> import keras
    >>> from normzoo.trainers.together.suggestion import suggested
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> model.compile("adam", "mse")
    >>> suggested(model)[:2]
    ('stacked', True)
    """
    reason = obstacle(model)
    if reason:
        return Suggestion("side_by_side", False, reason)
    inside = inner_layers(model)
    if any(_is_wide(layer) for layer in inside):
        return Suggestion(
            "side_by_side", False, "TensorFlow's wide convolutions are faster"
        )
    if any(isinstance(layer, keras.layers.RNN) for layer in inside):
        return Suggestion(
            ALONE, False, "a loop over time takes long to trace for all runs"
        )
    if not has_converters() and any(map(_is_random, inside)):
        return Suggestion("stacked", False, "XLA has other random numbers")
    return Suggestion("stacked", True, "all operations can be vectorized")


def _is_wide(layer):
    is_convolution = hasattr(layer, "convolution_op")
    return is_convolution and layer.filters >= _WIDE


def _is_random(layer):
    return getattr(layer, "seed_generator", None) is not None
