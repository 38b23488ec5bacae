"""The norms' formulas in NumPy, as their papers have them; channels last."""

import numpy as np
from scipy import special

#: Examples of the reference batch of virtual batch norm: the first ones.
REFERENCE = 8


def _standardized(x, axes, epsilon):
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon)


def _in_groups(x, groups):
    return x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups)


def _all_but_channels(x):
    return tuple(range(x.ndim - 1))


def batch(layer, x, gamma, beta):
    """Batch norm in training."""
    return _standardized(x, _all_but_channels(x), layer.epsilon) * gamma + beta


def ghost_batch(layer, x, gamma, beta):
    """Batch norm of parts of a batch."""
    parts = np.split(x, len(x) // layer.virtual_batch_size)
    return np.concatenate([batch(layer, part, gamma, beta) for part in parts])


def layer_norm(layer, x, gamma, beta):
    """Layer norm over the channels."""
    return _standardized(x, -1, layer.epsilon) * gamma + beta


def group(layer, x, gamma, beta):
    """Group norm."""
    parts = _in_groups(x, layer.groups)
    axes = (*range(1, x.ndim - 1), x.ndim)
    y = _standardized(parts, axes, layer.epsilon)
    return y.reshape(x.shape) * gamma + beta


def instance(layer, x, gamma, beta):
    """Instance norm."""
    axes = _all_but_channels(x)[1:]
    return _standardized(x, axes, layer.epsilon) * gamma + beta


def rms(layer, x, gamma):
    """RMS norm over the channels."""
    square = np.mean(x**2, -1, keepdims=True)
    return x / np.sqrt(square + layer.epsilon) * gamma


def filter_response(layer, x, gamma, beta, tau):
    """Filter response norm with its thresholded linear unit."""
    square = np.mean(x**2, _all_but_channels(x)[1:], keepdims=True)
    y = x / np.sqrt(square + abs(layer.epsilon)) * gamma + beta
    return np.maximum(y, tau)


def virtual(layer, x, gamma, beta):
    """Virtual batch norm with the first examples as its reference."""
    axes = _all_but_channels(x)
    first, share = x[:REFERENCE], 1 / (REFERENCE + 1)
    mean, variance = first.mean(axes), first.var(axes)
    own_mean, own_variance = (
        moment(x, axes[1:], keepdims=True) for moment in (np.mean, np.var)
    )
    variance = (
        share * own_variance
        + (1 - share) * variance
        + share * (1 - share) * (own_mean - mean) ** 2
    )
    mean = share * own_mean + (1 - share) * mean
    return (x - mean) / np.sqrt(variance + layer.epsilon) * gamma + beta


def evonorm_b0(layer, x, gamma, beta, v):
    """EvoNorm B0 in training."""
    axes = _all_but_channels(x)
    of_batch, own = (
        np.sqrt(x.var(over, keepdims=True) + layer.epsilon)
        for over in (axes, axes[1:])
    )
    return x / np.maximum(of_batch, v * x + own) * gamma + beta


def evonorm_s0(layer, x, gamma, beta, v):
    """EvoNorm S0."""
    axes = (*range(1, x.ndim - 1), x.ndim)
    variance = _in_groups(x, layer.groups).var(axes, keepdims=True)
    gated = _in_groups(x * special.expit(v * x), layer.groups)
    y = gated / np.sqrt(variance + layer.epsilon)
    return y.reshape(x.shape) * gamma + beta


def pixel(layer, x):
    """Pixel norm."""
    return x / np.sqrt(np.mean(x**2, -1, keepdims=True) + layer.epsilon)


def scale(layer, x, length):
    """Scale norm."""
    norm = np.linalg.norm(x, axis=-1, keepdims=True)
    return length * x / np.maximum(norm, layer.epsilon)


def dynamic_tanh(layer, x, gamma, beta, alpha):
    """DyT."""
    del layer
    return gamma * np.tanh(alpha * x) + beta


def dynamic_erf(layer, x, gamma, beta, alpha, shift):
    """Derf."""
    del layer
    return gamma * special.erf(alpha * x + shift) + beta


#: Name of a norm -> function of the layer, for its options, of the inputs, and
#: of the weights by their names.
FORMULAS = {
    "batch": batch,
    "ghost_batch": ghost_batch,
    "layer": layer_norm,
    "group": group,
    "instance": instance,
    "rms": rms,
    "filter_response": filter_response,
    "virtual": virtual,
    "evonorm_b0": evonorm_b0,
    "evonorm_s0": evonorm_s0,
    "pixel": pixel,
    "scale": scale,
    "dynamic_tanh": dynamic_tanh,
    "dynamic_erf": dynamic_erf,
}
