"""Places for norms in a model without any: around its activations."""

import keras

from ..models.affine_maps import KERNELS
from ..models.copying import copy_model
from ..models.graph import Graph
from ..models.kinds import is_graph
from ..models.layer_state import copy_named
from ..models.selection import is_norm
from ..weight_norms.unwrapping import config_with, unwrapped

#: Where a norm can be put.
WHERE = ("before_activation", "after_activation")
_ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ReLU,
    keras.layers.Softmax,
)


def with_places(model, where):
    """Returns a copy of a model with `Identity` layers, and their paths.

    They are in front of or behind the activation of each `Dense` and
    convolutional layer but those of the outputs. A layer that has an
    activation itself is split into a linear layer and an `Activation`.

    Args:
        model: functional or Sequential, built, without norms.
        where: one of `WHERE`.

    Raises:
        ValueError: the model has norms, or no such activation; or `where` is
            something else.
    """
    if where not in WHERE:
        raise ValueError(
            f"`insert` is one of {', '.join(map(repr, WHERE))}. Received: "
            f"{where!r}."
        )
    graph = Graph(model)
    _check_without_norms(graph)
    last = last_layers(graph, model)
    behind, changes = {}, {}
    for layer in graph.paths:
        if type(unwrapped(layer)) in KERNELS and layer not in last:
            _add_place(graph, layer, where, behind, changes)
    if not behind:
        raise ValueError(
            "No Dense or convolutional layer in front of the outputs has an "
            "activation, so there is no place to insert a norm. Put "
            "`keras.layers.Identity(name=...)` where norms could be, and name "
            "these layers with `only`."
        )
    copied, copies = copy_model(model, changes=changes, behind=behind)
    for layer in changes:
        copy_named(layer, copies[layer])
    paths = [
        graph.paths[layer].removesuffix(layer.name) + place.name
        for layer, (place, *_) in behind.items()
    ]
    return copied, paths


def _check_without_norms(graph):
    layers = [(path, layer) for layer, path in graph.paths.items()]
    layers += [(path, layer) for path, layer, _ in graph.hidden()]
    norms = [path for path, layer in layers if is_norm(layer)]
    if norms:
        raise ValueError(
            "`insert` is for models without norms. This one has "
            f"{', '.join(norms[:3])}{', ...' * (len(norms) > 3)}: leave "
            "`insert` out to replace them."
        )


def _add_place(graph, layer, where, behind, changes):
    """Adds what comes behind a layer or its activation, if it has one."""
    place = keras.layers.Identity(name=f"{layer.name}_norm")
    before = where == "before_activation"
    if not _is_linear(layer):
        behind[layer] = [place]
        if before:
            changes[layer] = config_with(layer, activation="linear")
            behind[layer].append(_activation(layer))
        return
    if activation := _activation_behind(graph, layer):
        behind[layer if before else activation] = [place]


def _activation(layer):
    activation = unwrapped(layer).activation
    if isinstance(activation, keras.Layer):
        return type(activation).from_config(activation.get_config())
    return keras.layers.Activation(
        activation,
        name=f"{layer.name}_activation",
        dtype=layer.dtype_policy,
    )


def _is_linear(layer):
    inner = unwrapped(layer)
    return inner.activation in (None, keras.activations.linear)


def _activation_behind(graph, layer):
    """Returns the layer that alone reads a layer's outputs and activates them.

    None if there is no such layer.
    """
    (call, *more) = graph.calls[layer]
    readers = graph.readers(call.outputs[0])
    if more or len(readers) != 1 or graph.is_output(call.outputs[0]):
        return None
    found = readers[0].operation
    is_one = isinstance(found, _ACTIVATIONS) and len(graph.calls[found]) == 1
    return found if is_one else None


def last_layers(graph, model):
    """Returns the layers with weights that the outputs come from.

    Args:
        graph: the `Graph` of the model.
        model: functional or Sequential.
    """
    found, seen = set(), set()

    def visit(tensor):
        if id(tensor) in seen:
            return
        seen.add(id(tensor))
        call = graph.source(tensor)
        operation = call.operation
        if is_graph(operation):
            for inner in graph.outputs[operation]:
                visit(inner)
            return
        if getattr(operation, "weights", None):
            found.add(operation)
        # A PReLU has weights, too.
        if isinstance(operation, _ACTIVATIONS) or operation not in found:
            for each in call.data_tensors:
                visit(each)

    for tensor in graph.outputs[model]:
        visit(tensor)
    return found
