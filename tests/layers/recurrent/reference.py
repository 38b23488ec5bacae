"""The recurrent layers in NumPy and float64, step by step and with gradients.

Nothing here is shared with the layers: padding is skipped, example by example.
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def positions(mask, backwards=False):
    """Returns the positions of each example that count, in their order."""
    order = -1 if backwards else 1
    return [np.flatnonzero(row)[::order] for row in mask]


def run(
    kind,
    norm,
    x,
    mask,
    weights,
    backwards=False,
    carry_normalized=False,
    keep=(0.0, 0.0),
):
    """Returns h at each position, and the moments at each site and step.

    Args:
        kind: "LSTM", "GRU", "SimpleRNN" or "IndRNN".
        norm: a function of site, step and value -> normalized value.
        x: (batch, time, features).
        mask: boolean, (batch, time).
        weights: kernel, recurrent_kernel and bias.
        backwards: whether to go from the end to the start.
        carry_normalized: of the LSTM.
        keep: which part of h and of c stays, (time, batch, units).
    """
    kernel, recurrent, bias = weights
    where = positions(mask, backwards)
    units = len(recurrent)
    h, c = np.zeros((2, len(x), units))
    outputs = np.zeros((*mask.shape, units))
    keep = [np.broadcast_to(k, (mask.shape[1], *h.shape)) for k in keep]
    for step in range(mask.shape[1]):
        rows = [i for i, at in enumerate(where) if len(at) > step]
        if not rows:
            break
        now = [where[i][step] for i in rows]
        z = norm("input", step, x[rows, now] @ kernel)
        independent = kind == "IndRNN"
        product = h[rows] * recurrent if independent else h[rows] @ recurrent
        r = norm("recurrent", step, product)
        stay_h, stay_c = (k[step, rows] for k in keep)
        if kind == "LSTM":
            i, f, g, o = np.split(z + r + bias, 4, -1)
            raw = sigmoid(f) * c[rows] + sigmoid(i) * np.tanh(g)
            normal = norm("cell", step, raw)
            carried = normal if carry_normalized else raw
            c[rows] = stay_c * c[rows] + (1 - stay_c) * carried
            new = sigmoid(o) * np.tanh(normal)
        elif kind == "GRU":
            z_z, z_r, z_h = np.split(z + bias[0], 3, -1)
            r_z, r_r, r_h = np.split(r + bias[1], 3, -1)
            update = sigmoid(z_z + r_z)
            candidate = np.tanh(z_h + sigmoid(z_r + r_r) * r_h)
            new = update * h[rows] + (1 - update) * candidate
        elif independent:
            new = np.maximum(z + r + bias, 0)
        else:
            new = np.tanh(z + r + bias)
        h[rows] = stay_h * h[rows] + (1 - stay_h) * new
        outputs[rows, now] = h[rows]
    return outputs


class Normalizer:
    """Normalizes over the batch (axis 0) or the features (axis 1).

    Attributes:
        moments: (site, step) -> mean, variance and count.
    """

    def __init__(self, axis, affine, epsilon):
        self.axis, self.affine, self.epsilon = axis, affine, epsilon
        self.moments = {}

    def __call__(self, site, step, value):
        if site not in self.affine:
            return value
        gamma, beta = self.affine[site]
        mean = value.mean(self.axis, keepdims=True)
        variance = ((value - mean) ** 2).mean(self.axis, keepdims=True)
        self.moments[site, step] = mean[0], variance[0], len(value)
        return gamma * (value - mean) / np.sqrt(variance + self.epsilon) + beta
