"""Functions as graphs, of which many objects may each have one."""

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
    return Graph(tf.function(function, autograph=False, **options))


class Graph:
    """A function as a graph; see `graph_of`.

    Args:
        function: a `tf.function`.
    """

    def __init__(self, function):
        self._function = function

    def __call__(self, *arguments):
        """Returns what the function returns."""
        return self.trace(*arguments)(*arguments)

    def trace(self, *arguments):
        """Returns the graph for such arguments, to be called with them."""
        # Traces that are asked for are not counted.
        return self._function.get_concrete_function(*arguments)
