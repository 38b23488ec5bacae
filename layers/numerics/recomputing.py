"""Functions that keep nothing for their gradient but what they are given."""

import tensorflow as tf


def recomputed(function):
    """Returns `function`, which runs once more when its gradient is due.

    The gradient is that of the second run, to the last bit, and has derivatives
    of its own.

    Args:
        function: of nests of tensors, to a nest of tensors. It must not read
            variables, and has a gradient to what it is given alone. None may
            stand for a tensor.
    """

    def forward(inputs):
        return unrecorded(function, inputs)

    def backward(inputs, upstream):
        # Or the runs, which do the same, might become one.
        with tf.control_dependencies(upstream):
            again = [tf.identity(x) for x in floating(inputs)]
        return gradients(function, put(again, inputs), upstream)

    return with_gradient(forward, backward)


def differentiated_as(formula, kernel):
    """Returns `kernel`, with the derivatives of a formula for the same.

    Args:
        formula, kernel: functions of tensors, to a tuple of tensors.
    """

    def forward(inputs):
        return kernel(*inputs)

    def backward(inputs, upstream):
        return gradients(formula, inputs, upstream)

    return with_gradient(forward, backward)


def with_gradient(forward, backward):
    """Returns a function of nests of tensors that has the gradient given.

    Args:
        forward: of a list of nests, to a nest of tensors.
        backward: of a list of nests, and of the gradients to what `forward`
            returns, a list; to the gradients to the `floating` inputs.
    """

    def call(*nests):
        results = None

        @tf.custom_gradient
        def flat(*sources):
            nonlocal results
            inputs = put(sources, nests)
            results = forward(inputs)

            def gradient(*upstream):
                return backward(inputs, list(upstream))

            return tuple(tf.nest.flatten(results)), gradient

        values = flat(*floating(nests))
        return tf.nest.pack_sequence_as(results, values)

    return call


def unrecorded(function, inputs):
    """Returns `function(*inputs)`, nothing of which a tape records.

    That is what `tf.recompute_grad` is for. Its gradient is never asked for.
    """
    return tf.recompute_grad(lambda: function(*inputs))()


def gradients(function, inputs, upstream):
    """Returns the gradients to the `floating` inputs of a function.

    Args:
        function: of nests of tensors, to a nest of tensors.
        inputs: a list of nests.
        upstream: the gradients to what it returns, a list.
    """
    sources = floating(inputs)
    with tf.GradientTape() as tape:
        tape.watch(sources)
        results = tf.nest.flatten(function(*inputs))
    return tape.gradient(
        results, sources, upstream, unconnected_gradients="zero"
    )


def floating(nest):
    """Returns the tensors of a nest that have gradients."""
    return [x for x in tf.nest.flatten(nest) if _is_floating(x)]


def put(values, nest):
    """Returns a nest with other tensors for those of `floating`."""
    values = iter(values)
    return tf.nest.map_structure(
        lambda x: next(values) if _is_floating(x) else x, nest
    )


def _is_floating(x):
    return x is not None and x.dtype.is_floating
