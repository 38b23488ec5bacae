"""A copy of a model with other norms."""

from typing import NamedTuple

import keras

from .biases import bias_change
from .copying import copy_model
from .graph import Graph
from .kinds import check_graph
from .layer_state import copy_named
from .selection import chosen, selection
from .substitutes import (
    NoSubstituteError,
    own_weights,
    place_of,
    substitute,
)

_ADVICE = (
    "Let it take its norm: `norm` in its constructor's arguments, and "
    "`self.norm = normzoo.layers.get(norm)()` for each norm. Then build it "
    "again, or replace the norms of the functional models inside it."
)


class Replacement(NamedTuple):
    """What stands in place of a norm.

    Attributes:
        old, new: names of the classes.
        carried: names of the weights whose values were taken over.
        bias: `""`, or what became of the bias of the layer in front.
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
        left: dict, path of a norm -> why it stays as it is.
    """

    model: keras.Model
    replaced: dict[str, Replacement]
    left: dict[str, str]


def copy_with(model, choice, only):
    """Returns the `ReplaceResult` of what `replace_norms` takes.

    Args:
        model, only: as of `replace_norms`.
        choice: the `Choice` of what takes the place of norms.
    """
    check_graph(model, _ADVICE)
    graph, wanted = Graph(model), selection(only)
    others, left = {}, _hidden(graph, wanted)
    for layer in chosen(graph, only):
        try:
            others[layer] = _built(layer, graph, choice)
        except NoSubstituteError as reason:
            left[graph.paths[layer]] = str(reason)
    biases = {
        layer: change
        for layer, new in others.items()
        if (change := bias_change(graph, layer, new))
    }
    changes = {front: {"use_bias": has} for front, has in biases.values()}
    copied, copies = copy_model(model, changes=changes, others=others)
    for layer in changes:
        copy_named(layer, copies[layer])
    replaced = {
        graph.paths[layer]: Replacement(
            type(layer).__name__,
            type(new).__name__,
            copy_named(layer, new, but=own_weights(layer, new)),
            _said(graph, *biases[layer]) if layer in biases else "",
        )
        for layer, new in others.items()
    }
    return ReplaceResult(copied, replaced, left)


def _built(layer, graph, choice):
    """Returns the layer that takes another one's place, built.

    Raises:
        NoSubstituteError: there is none.
    """
    call = graph.calls[layer][0]
    if len(call.data_tensors) != 1 and not place_of(layer):
        raise NoSubstituteError("it has several inputs")
    shape = call.data_tensors[0].shape
    if not place_of(layer) and call.outputs[0].shape != shape:
        raise NoSubstituteError(
            "its outputs have another shape than its inputs"
        )
    new = substitute(layer, choice, len(shape))
    try:
        new.build(shape)
    except ValueError as error:
        raise NoSubstituteError(str(error)) from error
    return new


def _hidden(graph, wanted):
    return {
        path: f"it is inside a {type(outer).__name__}"
        for path, layer, outer in graph.hidden()
        if wanted(layer, path)
    }


def _said(graph, front, has_bias):
    return f"{graph.paths[front]} {'got one' if has_bias else 'lost its own'}"
