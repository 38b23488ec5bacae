"""A loop over time."""

import tensorflow as tf


def scan(step, states, sequences, shapes, reverse=False, unroll=False):
    """Runs `states, outputs = step(states, now)` at each position in time.

    It compiles under XLA together with its gradient. Inside of
    `tf.vectorized_map` a loop of known length is written out.

    Args:
        step: a function of the states and of the sequences at one position.
            It must not assign variables: it may be traced more than once.
        states: a list of tensors.
        sequences: a structure of tensors with time as the first axis.
        shapes: a structure of `tf.TensorShape`, of one position's outputs.
            The outputs have the type of the first state.
        reverse: whether to go from the last position to the first.
        unroll: whether to write out the loop, for a known number of positions.

    Returns:
        The last states, and the outputs with time as the first axis.
    """
    length = tf.nest.flatten(sequences)[0].shape[0]
    unroll = unroll or (length and is_vectorized())
    run = _unrolled if unroll else _looped
    return run(step, list(states), sequences, shapes, reverse)


def is_vectorized():
    """Returns whether `tf.vectorized_map` traces what is called here.

    It cannot convert the gradient of a loop: the zeros for a TensorArray are of
    the type variant, which it refuses (Keras' RNN fails, too). Nothing but this
    scope tells it; where others use the name, results are the same.
    """
    if tf.executing_eagerly():
        return False
    return "loop_body" in tf.get_current_name_scope().split("/")


def _looped(step, states, sequences, shapes, reverse):
    flat = tf.nest.flatten(sequences)
    length = flat[0].shape[0] or tf.shape(flat[0])[0]
    reads = [_array(x.dtype, length, x.shape[1:]).unstack(x) for x in flat]
    dtype = states[0].dtype
    writes = [_array(dtype, length, s) for s in tf.nest.flatten(shapes)]

    def body(i, states, writes):
        t = length - 1 - i if reverse else i
        now = [array.read(t) for array in reads]
        now = tf.nest.pack_sequence_as(sequences, now)
        new, outputs = step(states, now)
        pairs = zip(writes, tf.nest.flatten(outputs), strict=True)
        return i + 1, new, [array.write(t, y) for array, y in pairs]

    _, states, writes = tf.while_loop(
        lambda i, *_: i < length,
        body,
        (0, states, writes),
        maximum_iterations=length,
    )
    stacked = [array.stack() for array in writes]
    return states, tf.nest.pack_sequence_as(shapes, stacked)


def _unrolled(step, states, sequences, shapes, reverse):
    flat = [tf.unstack(x) for x in tf.nest.flatten(sequences)]
    collected = []
    positions = list(zip(*flat, strict=True))
    for now in reversed(positions) if reverse else positions:
        now = tf.nest.pack_sequence_as(sequences, list(now))
        states, outputs = step(states, now)
        collected.append(tf.nest.flatten(outputs))
    if reverse:
        collected.reverse()
    stacked = [tf.stack(values) for values in zip(*collected, strict=True)]
    return states, tf.nest.pack_sequence_as(shapes, stacked)


def _array(dtype, length, shape):
    return tf.TensorArray(
        dtype, length, element_shape=shape, clear_after_read=False
    )
