"""A loop over time."""

import tensorflow as tf


def scan(step, states, sequences, shapes, reverse=False, unroll=False, over=()):
    """Runs `states, outputs = step(states, now)` at each position in time.

    It compiles under XLA together with its gradient.

    Args:
        step: a function of the states and of the sequences at one position.
            It must not assign variables: it may be traced more than once.
        states: a list of tensors.
        sequences: a structure of tensors with time as the first axis.
        shapes: a structure of `tf.TensorShape`, of one position's outputs.
            The outputs have the type of the first state.
        reverse: whether to go from the last position to the first.
        unroll: whether to write out the loop, for a known number of positions.
        over: the names of outputs that take the memory of the sequence of the
            same name, where nothing else needs it. XLA does so without a copy
            at each step if the output needs all that is made of the sequence.

    Returns:
        The last states, and the outputs with time as the first axis.
    """
    states = list(states)
    if unroll:
        return _unrolled(step, states, sequences, shapes, reverse)
    return _looped(step, states, sequences, shapes, reverse, over)


def _looped(step, states, sequences, shapes, reverse, over):
    first = tf.nest.flatten(sequences)[0]
    length = first.shape[0] or tf.shape(first)[0]
    reads = tf.nest.map_structure(
        lambda x: _array(x.dtype, length, x.shape[1:]).unstack(x), sequences
    )
    dtype = states[0].dtype
    writes = tf.nest.map_structure(lambda s: _array(dtype, length, s), shapes)
    writes |= {name: reads[name] for name in over}

    def body(i, states, writes):
        t = length - 1 - i if reverse else i
        arrays = {**reads, **{name: writes[name] for name in over}}
        now = tf.nest.map_structure(lambda array: array.read(t), arrays)
        new, outputs = step(states, now)
        written = tf.nest.map_structure(
            lambda array, y: array.write(t, y), writes, outputs
        )
        return i + 1, new, written

    _, states, writes = tf.while_loop(
        lambda i, *_: i < length,
        body,
        (0, states, writes),
        maximum_iterations=length,
    )
    return states, tf.nest.map_structure(lambda array: array.stack(), writes)


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
