"""A copy of a model with other norms."""

import keras

from ..models.attributes import names_inside
from ..models.biases import bias_change
from ..models.copying import copy_model
from ..models.graph import Graph
from ..models.kinds import check_graph, is_graph
from ..models.layer_state import copy_named
from ..models.selection import check_names, chosen, selection
from ..recurrent.families import place_of
from ..weight_norms.unwrapping import config_with
from .insertion import with_places
from .inside import Inside
from .report import ReplaceResult, replacement
from .substitutes import NoSubstituteError, built_substitute
from .twins import LINES


def copy_with(model, choice, only):
    """Returns the `ReplaceResult` of what `replace_norms` takes.

    Args:
        model, only: as of `replace_norms`.
        choice: the `Choice` of what takes the place of norms.
    """
    if isinstance(model, keras.Model) and model.built and not is_graph(model):
        return _copy_subclassed(model, choice, only)
    check_graph(model, f"{LINES}.")
    graph, wanted = Graph(model), selection(only)
    norms, left = {}, {}
    for layer in chosen(graph, only):
        try:
            norms[layer] = _built(layer, graph, choice)
        except NoSubstituteError as reason:
            left[graph.paths[layer]] = str(reason)
    biases = {
        layer: change
        for layer, new in norms.items()
        if (change := bias_change(graph, layer, new))
    }
    changes = {
        front: config_with(front, use_bias=has)
        for front, has in biases.values()
    }
    insides = _insides(graph, wanted, choice, norms)
    twins = {each.outer: each.twin for each in insides if each.twin}
    copied, copies = copy_model(model, changes=changes, others=norms | twins)
    for layer in changes:
        copy_named(layer, copies[layer])
    replaced = {
        graph.paths[layer]: replacement(
            layer, new, _said(graph, *biases[layer]) if layer in biases else ""
        )
        for layer, new in norms.items()
    }
    for each in insides:
        replaced |= each.finish()
        left |= each.left
    return ReplaceResult(copied, replaced, left)


def insert_norms(model, choice, where):
    """Returns the same for a model without norms.

    Args:
        model, choice: as of `copy_with`.
        where: as of `insertion.with_places`.
    """
    check_graph(model, f"{LINES}.")
    copied, paths = with_places(model, where)
    if choice.adds_nothing:
        return ReplaceResult(copy_model(model)[0], {}, {})
    return copy_with(copied, choice, paths)


def _copy_subclassed(model, choice, only):
    """Does the same for a model with a `call` of its own.

    Raises:
        TypeError: none of its norms can be replaced.
    """
    check_names(only, names_inside(model))
    inside = Inside(model, "", selection(only), choice, _copier(choice))
    if inside.twin is None:
        why = "; ".join(dict.fromkeys(inside.left.values()))
        raise TypeError(
            f"The {type(model).__name__} {model.name!r} has a `call` of its "
            f"own, and no norm in its attributes can be replaced: "
            f"{why or f'there is none. {LINES}'}."
        )
    inside.twin.build_from_config(model.get_build_config())
    inside.twin.built = True  # Keras does not say so of what a call has built.
    return ReplaceResult(inside.twin, inside.finish(), inside.left)


def _copier(choice):
    def copy_graph(model, meant):
        return copy_with(model, choice, meant.__contains__)

    return copy_graph


def _built(layer, graph, choice):
    """Returns the layer that takes another one's place, built.

    Raises:
        NoSubstituteError: there is none.
    """
    call = graph.calls[layer][0]
    if len(call.data_tensors) != 1 and not place_of(layer):
        raise NoSubstituteError("it has several inputs")
    shape = call.data_tensors[0].shape
    return built_substitute(layer, choice, shape, lambda: call.outputs[0].shape)


def _insides(graph, wanted, choice, norms):
    """Returns the `Inside` of each layer that has norms inside it."""
    outers = [
        (outer, path)
        for outer, path in graph.paths.items()
        if isinstance(outer, keras.Layer) and not is_graph(outer)
    ]
    return [
        Inside(outer, f"{path}/", wanted, choice, _copier(choice))
        for outer, path in outers
        if outer not in norms
    ]


def _said(graph, front, has_bias):
    return f"{graph.paths[front]} {'got one' if has_bias else 'lost its own'}"
