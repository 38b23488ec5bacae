"""Functions that XLA compiles within a graph that it does not compile."""

import functools

import tensorflow as tf

from .recomputing import gradients, unrecorded, with_gradient


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

    def forward(inputs):
        # Traced here, because nothing records below, not even tapes of its
        # own. Under two tapes it would return what it saves.
        run.get_concrete_function(*inputs)
        return unrecorded(run, inputs)

    def backward(inputs, upstream):
        return compiled(_gradient(function))(inputs, upstream)

    return with_gradient(forward, backward)


@functools.cache
def _gradient(function):
    """Returns a function of inputs and gradients, to the inputs' gradients."""
    return functools.partial(gradients, function)
