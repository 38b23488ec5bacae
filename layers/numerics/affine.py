"""Factors and shifts that many values share, with gradients by `total`."""

import dataclasses

import tensorflow as tf

from .arithmetic import widen
from .sums import shared_axes, total


def affine(x, gamma=None, beta=None):
    """Returns gamma * x + beta.

    Args:
        x: a tensor.
        gamma, beta: tensors of the rank of `x`, of size 1 on the axes along
            which they are shared; None leaves them out.
    """
    return _add(_multiply(x, gamma), beta)


@dataclasses.dataclass(frozen=True)
class Modulation:
    """A scale and a shift of what a norm returns, for its `call`.

    Norms that take one apply it along with their own, which saves passes over
    the outputs. To Keras it is no structure of tensors: a layer with several of
    them would no longer be given the mask of its inputs.

    Attributes:
        gamma, beta: of the rank and type of the norm's inputs, as `widen`
            returns them, and broadcast against them; None for 1 and 0.
    """

    gamma: tf.Tensor | None
    beta: tf.Tensor | None


def with_modulation(modulation, gamma, beta):
    """Returns a norm's scale and shift, and those of a modulation behind it.

        g (gamma x + beta) + b = (g gamma) x + (g beta + b)

    Args:
        modulation: a `Modulation`, or None.
        gamma, beta: as in `affine`.
    """
    if modulation is None:
        return gamma, beta
    g, b = modulation.gamma, modulation.beta
    shift = None if beta is None else _both(tf.multiply, g, beta)
    return _both(tf.multiply, g, gamma), _both(tf.add, shift, b)


def _both(operation, a, b):
    """Returns what comes of two tensors, or the one that is not None."""
    if a is None or b is None:
        return b if a is None else a
    return operation(a, b)


def modulated(x, modulation):
    """Returns what a norm returned with a modulation, or without, if None."""
    if modulation is None:
        return x
    return affine(widen(x), modulation.gamma, modulation.beta)


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
