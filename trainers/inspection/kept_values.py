"""How many bytes a forward pass keeps for the gradient."""

import tensorflow as tf

from ...layers.numerics.tracing import graph_of
from .graph_functions import Function, UnknownSizeError


def kept_bytes(loss_of, variables, *specs):
    """Returns the bytes of what a loss keeps until its gradient is computed.

    That is what TensorFlow's graph of the forward pass hands to that of the
    gradient, each place in memory once; weights are not among it. Nothing is
    computed. With XLA a step may keep less, and compute some of it again.

    Args:
        loss_of: function of tensors that returns a loss.
        variables: that it is differentiated by.
        *specs: nests of what the function takes, with known shapes.

    Raises:
        UnknownSizeError: the graph does not tell it.
    """
    forward = tf.function(loss_of, autograph=False)
    losses = []

    def gradients(*given):
        with tf.GradientTape() as tape:
            losses.append(forward(*given))
        # This adds to the call's results what the gradient needs of it.
        found = tape.gradient(losses[0], variables)
        return [gradient for gradient in found if gradient is not None]

    graph = graph_of(gradients).trace(*specs).graph
    call = losses[0].op
    while "PartitionedCall" not in call.type:
        call = call.inputs[0].op
    library = graph.as_graph_def(add_shapes=True).library.function
    library = {function.signature.name: function for function in library}
    function = Function(call.get_attr("f").name, library)
    found = {}
    try:
        for name, tensor in zip(function.returns, call.outputs, strict=True):
            found |= function.memory(name, tensor.shape, tensor.dtype)
    except (LookupError, ValueError) as error:
        raise UnknownSizeError("the graph is of an unknown kind") from error
    return sum(found.values())
