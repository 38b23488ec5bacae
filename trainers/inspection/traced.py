"""Functions of a model as graphs, each traced once."""

import weakref

from ...layers.numerics.tracing import graph_of

#: Model -> function -> its graph, as long as the model lives.
_GRAPHS = weakref.WeakKeyDictionary()


def traced(model, function):
    """Returns a function as one graph, the same one whenever it is asked for.

    Args:
        model: the first argument of the function.
        function: of the model and of tensors, defined at the top of a module.

    Returns:
        A function of the tensors.
    """
    graphs = _GRAPHS.setdefault(model, {})
    if function not in graphs:
        # A graph that holds its model would keep it alive here.
        reference = weakref.ref(model)
        graphs[function] = graph_of(lambda *args: function(reference(), *args))
    return graphs[function]
