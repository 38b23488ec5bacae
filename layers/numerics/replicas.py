"""What tells the replicas of a strategy apart."""

import tensorflow as tf


def several():
    """Returns the context of a replica that has others, or None."""
    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return None
    return replica


def total_over_replicas(values):
    """Returns the sums of all replicas' tensors, in the same structure."""
    replica = several()
    return values if replica is None else replica.all_reduce("SUM", values)


def by_count(old, new, count):
    """Returns what a variable of `aggregation="mean"` is to be assigned.

    The replicas' updates then count as much as what they were learned from:

        mean of the assigned = old + sum(count * (new - old)) / sum(count)

    Args:
        old: the variable's value.
        new: the value after this replica's update alone.
        count: of what it was learned from, 0 or more; of a shape that
            broadcasts against the values, and of their type.
    """
    replica = several()
    if replica is None:
        return new
    every = replica.all_reduce("SUM", count) / replica.num_replicas_in_sync
    return old + tf.math.divide_no_nan(count, every) * (new - old)


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
    replica = several()
    if replica is None:
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
