"""Which layers of a model are meant."""

import keras

from ..norms.channel_normalization import ChannelAffine
from ..norms.length_normalization import LengthNormalization
from ..recurrent.families import place_of
from .attributes import names_inside
from .graph import Graph
from .kinds import is_graph

_NORMS = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
    keras.layers.RMSNormalization,
    ChannelAffine,
    LengthNormalization,
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


def chosen(graph, only):
    """Returns the layers of a `Graph` that are meant.

    Args:
        graph: of the model.
        only: as of `selection`.

    Raises:
        ValueError: `only` has a name that no layer has.
    """
    layers = {
        layer: path
        for layer, path in graph.paths.items()
        if isinstance(layer, keras.Layer)
    }
    hidden = {layer: path for path, layer, _ in graph.hidden()}
    check_names(only, layers | hidden)
    wanted = selection(only)
    return [layer for layer, path in layers.items() if wanted(layer, path)]


def chosen_paths(model, only):
    """Returns the paths of the layers that are meant, also inside others.

    Args:
        model: functional or Sequential, or with a `call` of its own.
        only: as of `chosen`.

    Raises:
        TypeError, ValueError: as of `selection` and `chosen`.
    """
    if not is_graph(model):
        layers, wanted = names_inside(model), selection(only)
        check_names(only, layers)
        return [path for layer, path in layers.items() if wanted(layer, path)]
    graph = Graph(model)
    found, wanted = chosen(graph, only), selection(only)
    hidden = [x for x, layer, _ in graph.hidden() if wanted(layer, x)]
    return [*(graph.paths[layer] for layer in found), *hidden]


def check_names(only, layers):
    """Raises `ValueError` if `only` has a name that no layer has.

    Args:
        only: as of `selection`.
        layers: dict, layer -> its path.
    """
    names = {each.name for each in layers}.union(layers.values())
    for name in filter(_is_name, _listed(only)):
        if name not in names:
            norms = [path for each, path in layers.items() if is_norm(each)]
            raise ValueError(
                f"The model has no layer {name!r}, which `only` names. Its "
                f"norms are: {', '.join(norms) or 'none'}."
            )


def _is_name(wanted):
    return isinstance(wanted, str)


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
        "`only` takes names of layers, classes of layers, and functions that "
        f"return whether a layer is meant. Received: {wanted!r} of type "
        f"{type(wanted).__name__}."
    )
