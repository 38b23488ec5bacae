"""Sequences with padding anywhere, as sequences padded at their end."""

import tensorflow as tf


def align(x, mask):
    """Moves the positions that count to the front, in their order.

    Args:
        x: (batch, time, features).
        mask: boolean, (batch, time).

    Returns:
        `x` in the new order, with zeros behind, and the new mask.
    """
    mask = tf.ensure_shape(mask, x.shape[:2])
    sizes = tf.shape(x)[:2]
    positions = tf.range(sizes[1])[tf.newaxis]
    # In a graph that does not know its sizes, a mask of others fails here.
    fits = tf.reshape(mask, sizes)
    last = tf.where(fits, positions, positions + sizes[1])
    x = tf.gather(x, tf.argsort(last), batch_dims=1)
    count = tf.reduce_sum(tf.cast(mask, tf.int32), 1, keepdims=True)
    real = positions < count
    # Padding may hold anything, even inf.
    return tf.where(real[..., tf.newaxis], x, tf.zeros([], x.dtype)), real


def unalign(y, mask, zero_padding):
    """Returns outputs of aligned sequences to where `mask` had them.

    Args:
        y: (batch, time, features).
        mask: as for `align`.
        zero_padding: whether padding gets zeros. Otherwise it gets the output
            of the last position before it that counts, if there is one.
    """
    rank = tf.cumsum(tf.cast(mask, tf.int32), axis=1) - 1
    has_value = mask if zero_padding else rank >= 0
    y = tf.gather(y, tf.maximum(rank, 0), batch_dims=1)
    return tf.where(has_value[..., tf.newaxis], y, tf.zeros([], y.dtype))


def pad(last, outputs, mask, zero_padding):
    """Returns the last output, and all of them where `mask` had them.

    Args:
        last: h of the last position that counts, (batch, features).
        outputs: of aligned sequences, (batch, time, features), or None.
        mask, zero_padding: as for `unalign`.
    """
    shown = mask[:, -1] if zero_padding else tf.reduce_any(mask, 1)
    last = tf.where(shown[:, tf.newaxis], last, tf.zeros([], last.dtype))
    if outputs is not None:
        outputs = unalign(outputs, mask, zero_padding)
    return last, outputs
