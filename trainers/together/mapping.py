"""A model's operations for many runs: vectorized, or in calls of one graph."""

import tensorflow as tf

from .vectorizing import vectorized

# A call that is not inlined is one node of the graph: calls of other runs are
# computed beside it, and TensorFlow optimizes what is called only once.
_NOT_INLINED = {"_noinline": True}


class Mapping:
    """Computes a function of one run for all runs.

    Args:
        model: whose operations the function calls.
        function: of a structure of tensors, to a structure of tensors.
        is_vectorized: whether each operation is computed for all runs at once;
            else the function is traced once and called for each run. What is
            called computes what a run alone does.
    """

    def __init__(self, model, function, is_vectorized):
        self._model = model
        self._function = function
        self._is_vectorized = is_vectorized
        self._call = tf.function(
            function,
            autograph=False,
            reduce_retracing=True,
            experimental_attributes=_NOT_INLINED,
        )

    def __call__(self, elements):
        """Returns the results, stacked. It is for use in a `tf.function`.

        Args:
            elements: the function's arguments, stacked along a new first axis.

        Raises:
            NotVectorizableError: an operation cannot be vectorized.
        """
        if self._is_vectorized:
            return vectorized(self._model, self._function, elements)
        flat = [tf.unstack(each) for each in tf.nest.flatten(elements)]
        results = [
            self._call(tf.nest.pack_sequence_as(elements, list(each)))
            for each in zip(*flat, strict=True)
        ]
        return tf.nest.map_structure(lambda *each: tf.stack(each), *results)
