"""The layers of a model and how they are connected, for TensorBoard."""

import keras
import tensorflow as tf

from ...layers import ReferenceModel
from ...layers.models.attributes import names_inside
from ...layers.models.graph import Graph
from ...layers.models.kinds import as_functional, input_layer, is_graph


def graph_view(models):
    """Returns the graph of models, a node for each call of a layer.

    Layers of nested models are inside of a node of that name, as the layers of
    each model are where there are several. Of a model with a `call` of its own
    the layers are there, without connections.

    Args:
        models: name -> Keras model.

    Returns:
        A `GraphDef`.
    """
    view = tf.compat.v1.GraphDef()
    for name, model in models.items():
        prefix = f"{name}/" if len(models) > 1 else ""
        if isinstance(model, ReferenceModel):
            model = model.model
        add = _add_calls if is_graph(model) else _add_layers
        add(view, model, prefix)
    return view


def _add_layers(view, model, prefix):
    for layer, path in names_inside(model).items():
        _add(view, prefix + path, layer)


def _add_calls(view, model, prefix):
    graph = Graph(model)
    names, entered = _names(graph, prefix), _entered(graph)

    def maker(tensor):
        call = graph.source(tensor)
        if not is_graph(call.operation):
            return names[id(call)]
        place = next(i for i, x in enumerate(call.outputs) if x is tensor)
        return maker(graph.outputs[call.operation][place])

    for operation, calls in graph.calls.items():
        for call in calls if not is_graph(operation) else ():
            sources = [*call.data_tensors, *entered.get(operation, ())]
            inputs = dict.fromkeys(map(maker, sources))
            _add(view, names[id(call)], operation, call.outputs, inputs)


def _entered(graph):
    """Returns input layer of a nested model -> what it stands for outside."""
    found = {}
    for operation, calls in graph.calls.items():
        if is_graph(operation):
            model = as_functional(operation)
            layers = [input_layer(model, x) for x in model.inputs]
            for call in calls:
                pairs = zip(layers, call.data_tensors, strict=False)
                for layer, tensor in pairs:
                    found.setdefault(layer, []).append(tensor)
    return found


def _names(graph, prefix):
    """Returns the id of each call -> its name, which no other has."""
    return {
        id(call): f"{prefix}{graph.paths[operation]}" + (f"_call_{i}" * (i > 1))
        for operation, calls in graph.calls.items()
        for i, call in enumerate(calls, 1)
    }


def _add(view, name, operation, outputs=(), inputs=()):
    node = view.node.add(name=name, op=type(operation).__name__, input=inputs)
    for output in outputs:
        shape = node.attr["_output_shapes"].list.shape.add()
        shape.CopyFrom(tf.TensorShape(output.shape).as_proto())
    if isinstance(operation, keras.Layer) and operation.built:
        node.attr["weights"].i = operation.count_params()
