"""Norms that Keras lacks, as one would write them with its operations."""

import keras
from keras import ops


class Formula(keras.layers.Layer):
    """A layer with some weights of each channel and some single ones.

    Args:
        formula: function of the inputs and the weights, channels last.
        channels: initial values of the weights of each channel.
        single: initial values of the other weights.
        **kwargs: arguments of `keras.layers.Layer`.
    """

    def __init__(self, formula, channels=(), single=(), **kwargs):
        super().__init__(**kwargs)
        self.formula = formula
        self.channels, self.single = channels, single
        self.values = []

    def build(self, input_shape):
        """Makes the weights."""
        shapes = [(v, input_shape[-1:]) for v in self.channels]
        shapes += [(v, ()) for v in self.single]
        self.values = [
            self.add_weight(
                shape=shape, initializer=keras.initializers.Constant(value)
            )
            for value, shape in shapes
        ]

    def call(self, inputs):
        """Computes the formula."""
        return self.formula(inputs, *self.values)


def ghost_batch(virtual_batch_size=16, **kwargs):
    """Returns a layer that normalizes groups of a batch."""

    def formula(x, gamma, beta):
        size = min(virtual_batch_size, x.shape[0])
        groups = ops.reshape(x, [-1, size, *x.shape[1:]])
        axes = list(range(1, len(groups.shape) - 1))
        mean, variance = ops.moments(groups, axes, keepdims=True)
        y = (groups - mean) * ops.rsqrt(variance + 1e-3)
        return ops.reshape(y, x.shape) * gamma + beta

    return Formula(formula, (1.0, 0.0), **kwargs)


def evonorm_b0(**kwargs):
    """Returns a layer that normalizes as EvoNorm B0 does, by the batch."""

    def formula(x, gamma, beta, v):
        axes = list(range(len(x.shape) - 1))
        batch, own = (
            ops.sqrt(ops.var(x, over, keepdims=True) + 1e-5)
            for over in (axes, axes[1:])
        )
        return x / ops.maximum(batch, v * x + own) * gamma + beta

    return Formula(formula, (1.0, 0.0, 1.0), **kwargs)


def evonorm_s0(groups=8, **kwargs):
    """Returns a layer that normalizes as EvoNorm S0 does."""

    def formula(x, gamma, beta, v):
        split = [*x.shape[:-1], groups, x.shape[-1] // groups]
        parts = ops.reshape(x, split)
        over = [*range(1, len(split) - 2), len(split) - 1]
        root = ops.sqrt(ops.var(parts, over, keepdims=True) + 1e-5)
        gated = ops.reshape(x * ops.sigmoid(v * x), split)
        return ops.reshape(gated / root, x.shape) * gamma + beta

    return Formula(formula, (1.0, 0.0, 1.0), **kwargs)


def pixel(**kwargs):
    """Returns a layer that normalizes pixels."""

    def formula(x):
        square = ops.mean(ops.square(x), -1, keepdims=True)
        return x * ops.rsqrt(square + 1e-8)

    return Formula(formula, **kwargs)


def scale(**kwargs):
    """Returns a layer that gives all vectors one length."""

    def formula(x, length):
        norm = ops.sqrt(ops.sum(ops.square(x), -1, keepdims=True))
        return length * x / ops.maximum(norm, 1e-5)

    return Formula(formula, single=(1.0,), **kwargs)


def dynamic_tanh(**kwargs):
    """Returns a layer that squashes by a hyperbolic tangent."""

    def formula(x, gamma, beta, alpha):
        return gamma * ops.tanh(alpha * x) + beta

    return Formula(formula, (1.0, 0.0), (0.5,), **kwargs)


def dynamic_erf(**kwargs):
    """Returns a layer that squashes by the error function."""

    def formula(x, gamma, beta, alpha, shift):
        return gamma * ops.erf(alpha * x + shift) + beta

    return Formula(formula, (1.0, 0.0), (0.5, 0.0), **kwargs)


#: Name of the norm -> function that returns the layer.
FORMULAS = {
    "ghost_batch": ghost_batch,
    "evonorm_b0": evonorm_b0,
    "evonorm_s0": evonorm_s0,
    "pixel": pixel,
    "scale": scale,
    "dynamic_tanh": dynamic_tanh,
    "dynamic_erf": dynamic_erf,
}
