"""Euclidean norms of gradients, weights and updates: of all, and by layer."""

import functools

import numpy as np
import tensorflow as tf


def places(weights):
    """Returns path of a layer -> the places of its weights, in their order."""
    found = {}
    for place, weight in enumerate(weights):
        path = weight.path.rpartition("/")[0] or weight.path
        found.setdefault(path, []).append(place)
    return found


def by_layer(sizes, layers):
    """Returns path -> the norm of a layer, and `"all"` -> that of all.

    Args:
        sizes: of each weight, the sum of squares.
        layers: as of `places`.
    """
    sizes = np.asarray(sizes, float)
    found = {path: np.sqrt(sizes[mine].sum()) for path, mine in layers.items()}
    return {"all": np.sqrt(sizes.sum()), **found}


@functools.partial(tf.function, autograph=False, reduce_retracing=True)
def squares(tensors):
    """Returns the sum of squares of each tensor, in float64; 0 for None."""
    return tf.stack([sum_of_squares(tensor) for tensor in tensors])


@functools.partial(tf.function, autograph=False, reduce_retracing=True)
def squared_changes(old, new):
    """Returns the same of the differences of two lists."""
    pairs = zip(old, new, strict=True)
    return tf.stack([sum_of_squares(b - a) for a, b in pairs])


def sum_of_squares(tensor):
    """Returns the sum of a tensor's squares, in float64; of None 0."""
    if tensor is None:
        return tf.zeros([], tf.float64)
    # In float32 the squares of a vanishing gradient would be 0.
    return tf.reduce_sum(tf.cast(tensor, tf.float64) ** 2)
