"""The norms of a model and what they are called."""

from .graph import Graph
from .inner_layers import inner_layers
from .kinds import is_graph
from .selection import is_norm


def norm_paths(model, graph=None):
    """Returns norm -> its path, of all norms at any depth.

    The path is that of a `Graph` where the model is one, and else the layer's
    name.

    Args:
        model: a Keras model.
        graph: its `Graph`, if there is one already.
    """
    if graph is None and is_graph(model):
        graph = Graph(model)
    paths = graph.paths if graph else {}
    return {
        layer: paths.get(layer, layer.name)
        for layer in inner_layers(model)[1:]
        if is_norm(layer)
    }
