"""What one step does once its products are normalized."""

import keras
import tensorflow as tf

from ..numerics.sums import under_xla


def lstm(cell, x, r, states, norm_cell, carry_normalized=False):
    """Returns the next h and c.

        i, f, g, o = split(x + r)
        c = s(f) * c + s(i) * a(g),  h = s(o) * a(norm_cell(c))

    Args:
        cell: with the activations `a` and `s`.
        x: the input's part of all gates, (batch, 4 * units).
        r: the recurrent part of all gates, of the same shape.
        states: h and c of the step before.
        norm_cell: the normalization of c.
        carry_normalized: whether `norm_cell(c)` is the next c.
    """
    if fits_one_tanh(cell) and under_xla():
        i, f, g, o = gates(one_tanh(x + r))
    else:
        i, f, g, o = tf.split(x + r, 4, -1)
        i, f, o = (cell.recurrent_activation(v) for v in (i, f, o))
        g = cell.activation(g)
    c = f * states[1] + i * g
    normal = norm_cell(c)
    h = o * cell.activation(normal)
    return [h, normal if carry_normalized else c]


def lstm_carries_normalized(*args):
    """Returns the next h, and `norm_cell(c)` as the next c, see `lstm`."""
    return lstm(*args, carry_normalized=True)


def gru(cell, x, r, states, norm_cell):
    """Returns the next h, in Keras' form `reset_after=True`.

    z, r = s(x + r) for the two gates,  h = z * h + (1 - z) * a(x + r * r_h)
    """
    del norm_cell
    sizes = [2 * cell.units, cell.units]
    (x, x_h), (r, r_h) = tf.split(x, sizes, -1), tf.split(r, sizes, -1)
    if fits_one_tanh(cell) and under_xla():
        both = 0.5 + 0.5 * tf.tanh(0.5 * (x + r))
    else:
        both = cell.recurrent_activation(x + r)
    z, reset = tf.split(both, 2, -1)
    candidate = cell.activation(x_h + reset * r_h)
    return [candidate + z * (states[0] - candidate)]


def simple(cell, x, r, states, norm_cell):
    """Returns the next h, a(x + r)."""
    del states, norm_cell
    return [cell.activation(x + r)]


def fits_one_tanh(cell):
    """Returns whether the activations are tanh and sigmoid."""
    return (
        cell.activation is keras.activations.tanh
        and cell.recurrent_activation is keras.activations.sigmoid
    )


def one_tanh(x):
    """Returns the tanh that holds all gates of an LSTM, see `gates`.

    sigmoid(x) = 1/2 + tanh(x/2) / 2. XLA's exponential, which sigmoid is made
    of, is several times slower than its tanh.
    """
    return tf.tanh(halves(x) * x)


def halves(x):
    """Returns what is halved of (..., 4 * units), in a vector with ones."""
    return tf.repeat(tf.constant([0.5, 0.5, 1, 0.5], x.dtype), x.shape[-1] // 4)


def gates(t):
    """Returns i, f, g, o of `one_tanh`."""
    i, f, g, o = tf.split(t, 4, -1)
    return 0.5 + 0.5 * i, 0.5 + 0.5 * f, g, 0.5 + 0.5 * o
