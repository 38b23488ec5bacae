"""Functions as graphs, of which many objects may each have one."""

import functools

import tensorflow as tf


def graph_of(function, **options):
    """Returns a function as a graph for each kind of its arguments.

    It is a `tf.function` that does not warn. TensorFlow counts how often the
    same lines are traced, whichever object's they are, and takes the fifth
    model that is looked at for one that is traced again and again.

    Args:
        function: of nests of tensors.
        **options: of `tf.function`.
    """
    graph = tf.function(function, autograph=False, **options)
    return functools.partial(_call, graph)


def _call(graph, *arguments):
    # Traces that are asked for are not counted.
    return graph.get_concrete_function(*arguments)(*arguments)
