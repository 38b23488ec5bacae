"""What the layers must compute, in NumPy and float64."""

import numpy as np


def moments(x, axes, mask=None):
    """Returns mean, variance and count, with size 1 on `axes`."""
    x = np.asarray(x, "float64")
    mask = np.broadcast_to(True if mask is None else mask, x.shape)
    count = np.maximum(mask.sum(axes, keepdims=True), 1)
    mean = np.where(mask, x, 0).sum(axes, keepdims=True) / count
    squares = np.where(mask, (x - mean) ** 2, 0)
    return mean, squares.sum(axes, keepdims=True) / count, count


def normalize(x, axes, epsilon, gamma, beta, mask=None):
    """Normalizes `x` by its own statistics."""
    mean, variance, _ = moments(x, axes, mask)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def gradients(x, dy, axes, epsilon, gamma, beta, mask=None):
    """Returns the gradients of `sum(dy * normalize(x))` to x, gamma, beta."""
    x, dy = np.asarray(x, "float64"), np.asarray(dy, "float64")
    mean, variance, count = moments(x, axes, mask)
    deviation = np.sqrt(variance + epsilon)
    normal = (x - mean) / deviation
    d_normal = dy * gamma
    drag = d_normal.sum(axes, keepdims=True)
    drag = drag + normal * (d_normal * normal).sum(axes, keepdims=True)
    weight = (True if mask is None else mask) / count
    shared = [i for i, size in enumerate(np.shape(gamma)) if size == 1]
    shared = tuple(shared)
    return (
        (d_normal - weight * drag) / deviation,
        (dy * normal).sum(shared, keepdims=True),
        dy.sum(shared, keepdims=True),
    )
