"""Factors and shifts that many values share, with gradients by `total`."""

import tensorflow as tf

from .sums import shared_axes, total


def affine(x, gamma=None, beta=None):
    """Returns gamma * x + beta.

    Args:
        x: a tensor.
        gamma, beta: tensors of the rank of `x`, of size 1 on the axes along
            which they are shared; None leaves them out.
    """
    return _add(_multiply(x, gamma), beta)


def _multiply(x, gamma):
    if gamma is None:
        return x

    @tf.custom_gradient
    def run(x, gamma):
        def gradient(dy):
            return dy * gamma, total(dy * x, shared_axes(gamma))

        return x * gamma, gradient

    return run(x, gamma)


def _add(x, beta):
    if beta is None:
        return x

    @tf.custom_gradient
    def run(x, beta):
        return x + beta, lambda dy: (dy, total(dy, shared_axes(beta)))

    return run(x, beta)
