"""How far back in time the gradient of a loss reaches."""

import tensorflow as tf


def gradients_over_time(keep):
    """Returns what `call_hooks.watched` takes as `enter`.

    Args:
        keep: function of a recurrent layer and, for each time step, the sum of
            squares of the loss's gradient to its inputs; it is called while
            the gradient is computed.
    """

    def enter(layer, inputs):
        if not _is_sequence(layer, inputs) or not layer.trainable_weights:
            return inputs

        @tf.custom_gradient
        def same(inputs, weight):
            def gradient(upstream):
                # In float32 the squares of a vanishing gradient would be 0.
                squares = tf.cast(upstream, tf.float64) ** 2
                keep(layer, tf.reduce_sum(squares, (0, 2)))
                return upstream, tf.zeros_like(weight)

            return tf.identity(inputs), gradient

        # Of data alone no gradient is asked for: a weight takes part.
        weight = tf.convert_to_tensor(layer.trainable_weights[0])
        return same(inputs, weight)

    return enter


def _is_sequence(layer, inputs):
    is_recurrent = hasattr(layer, "return_sequences")
    if not is_recurrent or not tf.is_tensor(inputs):
        return False
    return len(inputs.shape) == 3 and inputs.dtype.is_floating
