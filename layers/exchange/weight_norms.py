"""A copy of a model with other norms of its kernels."""

from ..models.copying import copy_model
from ..models.graph import Graph
from ..models.kinds import check_graph, is_graph
from ..models.layer_state import copy_state, copy_trainable
from ..models.selection import chosen
from ..weight_norms.attention import build, check
from ..weight_norms.base import WeightNorm
from ..weight_norms.kernels import kernels_of
from .insertion import last_layers
from .report import Replacement, ReplaceResult

_INSIDE = "it is inside another layer"
_UNKNOWN = "its kernels are of a kind that no weight norm knows"


def copy_with_weight_norm(model, make, only):
    """Returns the `ReplaceResult` of what `replace_weight_norms` takes.

    Args:
        model, only: as of `replace_weight_norms`.
        make: what `get_weight_norm` returns.
    """
    check_graph(model, "Give its layers their weight norms in its constructor.")
    graph = Graph(model)
    others, left = {}, {}
    for layer in _meant(graph, model, make, only):
        shape = graph.calls[layer][0].data_tensors[0].shape
        try:
            new = _built(layer, make, shape)
        except ValueError as reason:
            left[graph.paths[layer]] = str(reason)
            continue
        if type(new) is not type(layer) or isinstance(layer, WeightNorm):
            others[layer] = new
    if only is None:
        left |= _out_of_reach(graph)
    copied, _ = copy_model(model, others=others)
    replaced = {
        graph.paths[layer]: _replacement(layer, new)
        for layer, new in others.items()
    }
    return ReplaceResult(copied, replaced, left)


def _out_of_reach(graph):
    """Returns path -> reason, of kernels that get no norm."""
    inside = {
        path: owner
        for path, layer, owner in graph.hidden()
        if _has_kernels(layer) and not _has_kernels(owner)
    }
    unknown = {
        graph.paths[layer]: _UNKNOWN
        for layer in chosen(graph, _has_unknown_kernels)
        if layer not in inside.values()
    }
    return dict.fromkeys(inside, _INSIDE) | unknown


def _has_unknown_kernels(layer):
    if is_graph(layer) or _has_kernels(layer):
        return False
    return any(
        "kernel" in weight.name and len(weight.shape) > 1
        for weight in layer.trainable_weights
    )


def _meant(graph, model, make, only):
    """Returns the layers that get a weight norm, or lose theirs."""
    if only is not None:
        return chosen(graph, only)
    on_outputs = getattr(make.func, "on_outputs", True)
    last = set() if on_outputs else last_layers(graph, model)
    return [
        layer
        for layer in chosen(graph, _has_kernels)
        if layer not in last or isinstance(layer, WeightNorm)
    ]


def _has_kernels(layer):
    try:
        return bool(kernels_of(layer))
    except ValueError:
        return False


def _built(layer, make, shape):
    """Returns the layer that takes another one's place, built.

    Raises:
        ValueError: its kernels cannot have that norm.
    """
    has_norm = isinstance(layer, WeightNorm)
    old = layer.layer if has_norm else layer
    check(old)
    plain = type(old).from_config({**old.get_config(), "name": layer.name})
    build(plain, shape)
    copy_state(old, plain)
    if has_norm:
        values = layer.normalized_kernels()
        for kernel in kernels_of(plain):
            kernel.built().variable.assign(values[kernel.name])
    new = make(plain)
    if new is not plain:
        new.build(shape)
    copy_trainable(layer, new)
    return new


def _replacement(layer, new):
    carried = {weight.name for weight in layer.weights}
    names = dict.fromkeys(weight.name for weight in new.weights)
    return Replacement(
        type(layer).__name__,
        type(new).__name__,
        tuple(name for name in names if name in carried),
    )
