"""Noise that is a function of the seed, the step and the example alone."""

import tensorflow as tf


class Noise:
    """The random numbers of a GAN's training.

    A step draws for all replicas at once, and each replica takes its rows: two
    replicas see together what one device sees with the whole batch, and no two
    examples see the same. Nothing has a state, so that a resumed run draws
    what the interrupted one would have drawn. Code compiled by XLA draws other
    numbers than code that is not.

    Args:
        seed: integer.
        stream: integer that tells users of the same seed apart.
    """

    def __init__(self, seed, stream=0x6E6F697A):
        # A variable: what is traced can be used again with another seed.
        self._seed = tf.Variable([seed, stream], False, dtype=tf.int64)
        self._stream = stream

    def reseed(self, seed):
        """Draws from now on as one that was made with this seed."""
        self._seed.assign([seed, self._stream])

    def normal(self, step, draw, rows, size):
        """Returns `(rows, size)` standard normal numbers in float32.

        Args:
            step: integer, may be a tensor.
            draw: integer that tells the draws of one step apart.
            rows: number of examples of this replica; may be a tensor.
            size: of the noise of one example.
        """
        return self._mine(tf.random.stateless_normal, step, draw, rows, [size])

    def uniform(self, step, draw, rows, *size):
        """Returns `(rows, *size)` numbers from [0, 1) in float32."""
        return self._mine(tf.random.stateless_uniform, step, draw, rows, size)

    def _mine(self, function, step, draw, rows, shape):
        fold = tf.random.experimental.stateless_fold_in
        seed = fold(fold(self._seed, tf.cast(step, tf.int64)), draw)
        context = tf.distribute.get_replica_context()
        replicas = context.num_replicas_in_sync
        values = function([replicas * rows, *shape], seed)
        first = context.replica_id_in_sync_group * rows
        return values[first : first + rows]
