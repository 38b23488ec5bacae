"""What tells the replicas of a strategy apart."""

import tensorflow as tf


def replica_seed(seed):
    """Returns the seed of this replica's noise.

    Keras' seed generators give the same seed to all replicas, which would drop
    the same units of different examples. Where there is one replica, the seed
    is Keras'.

    Args:
        seed: integers, (2,), as from `keras.random.SeedGenerator.next`.

    Returns:
        An int32 seed for the stateless random functions of TensorFlow.
    """
    seed = tf.cast(tf.math.floormod(seed, tf.int32.max - 1), tf.int32)
    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return seed
    return tf.random.experimental.stateless_fold_in(
        seed, replica.replica_id_in_sync_group
    )


def dropout(x, rate, seed_generator, noise_shape=None):
    """Returns `keras.random.dropout`, with noise of each replica's own."""
    seed = replica_seed(seed_generator.next())
    return tf.nn.experimental.stateless_dropout(
        x, rate, seed=seed, noise_shape=noise_shape
    )
