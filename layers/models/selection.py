"""Which layers of a model are meant."""

import keras

from ..norms.channel_normalization import ChannelNormalization
from .substitutes import place_of

_NORMS = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
    keras.layers.RMSNormalization,
    ChannelNormalization,
)


def is_norm(layer):
    """Whether a layer is a norm, or recurrent with norms in its steps."""
    family = (place_of(layer) or ("", "keras"))[1]
    return isinstance(layer, _NORMS) or family != "keras"


def selection(only):
    """Returns a function of a layer and its path: whether it is meant.

    Args:
        only: a name or path, a class, a function of a layer, a list of these,
            or None, which means all norms.

    Raises:
        TypeError: it is something else.
    """
    if only is None:
        return lambda layer, path: is_norm(layer)
    rules = [_rule(each) for each in _listed(only)]
    return lambda layer, path: any(rule(layer, path) for rule in rules)


def names_in(only):
    """Returns the names and paths among what `selection` takes."""
    return [each for each in _listed(only) if isinstance(each, str)]


def _listed(only):
    many = isinstance(only, (list, tuple, set, frozenset))
    return list(only) if many else [only]


def _rule(wanted):
    if isinstance(wanted, str):
        return lambda layer, path: wanted in (layer.name, path)
    if isinstance(wanted, type):
        return lambda layer, path: isinstance(layer, wanted)
    if callable(wanted):
        return lambda layer, path: wanted(layer)
    raise TypeError(
        "`only` takes names, classes and functions of a layer. Received: "
        f"{wanted!r} of type {type(wanted).__name__}."
    )
