"""What `replace_norms` reports."""

from typing import NamedTuple

import keras

from ..models.layer_state import copy_named
from .substitutes import own_weights


class Replacement(NamedTuple):
    """What stands in place of a norm.

    Attributes:
        old, new: names of the classes.
        carried: names of the weights whose values were taken over.
        bias: `""`, or what became of the bias of the layer in front; inside a
            layer, where no bias is changed, what one should know.
    """

    old: str
    new: str
    carried: tuple[str, ...] = ()
    bias: str = ""


class ReplaceResult(NamedTuple):
    """What `replace_norms` returns.

    Attributes:
        model: the new functional model, not compiled.
        replaced: dict, path of a norm -> its `Replacement`.
        left: dict, path of a norm -> why it was not replaced.
    """

    model: keras.Model
    replaced: dict[str, Replacement]
    left: dict[str, str]


def replacement(layer, new, bias=""):
    """Returns the `Replacement` of a norm, whose weights the new one gets.

    Args:
        layer: the norm.
        new: the built one that takes its place.
        bias: what became of the bias of the layer in front.
    """
    return Replacement(
        type(layer).__name__,
        type(new).__name__,
        copy_named(layer, new, but=own_weights(layer, new)),
        bias,
    )
