"""Functions that XLA compiles within a graph that it does not compile."""

import functools

import tensorflow as tf


# Kept, for all that calls a function to share what is compiled.
@functools.cache
def compiled(function):
    """Returns `function`, compiled with XLA.

    What a loop saves for its gradient cannot leave XLA, so the gradient runs
    `function` once more, in a compiled function of its own.

    Args:
        function: of nests of tensors, to a nest of tensors. It must not read
            variables.
    """
    run = tf.function(function, jit_compile=True, autograph=False)

    def call(*nests):
        results = None

        @tf.custom_gradient
        def flat(*sources):
            nonlocal results
            inputs = _put(sources, nests)
            # Traced here, because nothing records below, not even tapes of
            # its own. Under two tapes it would return what it saves.
            run.get_concrete_function(*inputs)
            results = _unrecorded(run, inputs)

            def gradient(*upstream):
                return compiled(_gradient(function))(inputs, list(upstream))

            return tuple(tf.nest.flatten(results)), gradient

        values = flat(*_floating(nests))
        return tf.nest.pack_sequence_as(results, values)

    return call


def _unrecorded(function, inputs):
    """Returns `function(*inputs)`, nothing of which a tape records.

    That is what `tf.recompute_grad` is for. Its gradient is never asked for.
    """
    return tf.recompute_grad(lambda: function(*inputs))()


@functools.cache
def _gradient(function):
    """Returns a function of inputs and gradients, to the inputs' gradients."""

    def run(inputs, upstream):
        sources = _floating(inputs)
        with tf.GradientTape() as tape:
            tape.watch(sources)
            results = tf.nest.flatten(function(*inputs))
        return tape.gradient(
            results, sources, upstream, unconnected_gradients="zero"
        )

    return run


def _floating(nest):
    """Returns the tensors of a nest that have gradients."""
    return [x for x in tf.nest.flatten(nest) if x.dtype.is_floating]


def _put(values, nest):
    """Returns a nest with other tensors for those of `_floating`."""
    values = iter(values)
    return tf.nest.map_structure(
        lambda x: next(values) if x.dtype.is_floating else x, nest
    )
