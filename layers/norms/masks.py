"""Masks of norms that take statistics over an example's positions."""

import tensorflow as tf


def position_mask(mask, x, axis):
    """Returns which positions count, broadcast against `x`, or None for all.

    Args:
        mask: boolean, over the leading axes of `x`, or None.
        x: of rank 3 or greater; one of rank 2 has no positions.
        axis: of the channels, 0 or greater. A mask that reaches it tells no
            positions apart, and is None.
    """
    if mask is None or len(x.shape) == 2 or axis < len(mask.shape):
        return None
    ones = [1] * (len(x.shape) - len(mask.shape))
    shape = tf.concat([tf.shape(mask), ones], 0)
    return tf.reshape(tf.cast(mask, bool), shape)
