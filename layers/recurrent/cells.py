"""The recurrent cells: what one step does once its products are normalized."""

import dataclasses
from collections.abc import Callable

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


@dataclasses.dataclass(frozen=True)
class Site:
    """A place in a cell where something is normalized.

    Attributes:
        name: `"input"`, `"recurrent"` or `"cell"`.
        features: the size of what is normalized.
        center: whether there is a `beta`.
    """

    name: str
    features: int
    center: bool


class _Normalized:
    """Puts the norms' weights behind those of a Keras cell.

    The Keras cell stands for the arguments, weights and dropout masks. It is
    not called.
    """

    def __init__(self, units, sites, gamma_initializer, beta_initializer, **kw):
        super().__init__(units, **kw)
        self.sites = sites
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_initializer = keras.initializers.get(beta_initializer)
        # Attributes, not a dict: tf.train.Checkpoint skips what is in one.
        for site in sites:
            setattr(self, f"gamma_{site.name}", None)
            setattr(self, f"beta_{site.name}", None)
        # It skips Keras' seed generators, too.
        self.seed_state = tf.train.Checkpoint(state=self.seed_generator.state)

    def build(self, input_shape):
        super().build(input_shape)
        for site in self.sites:
            self._add_affine("gamma", site)
            if site.center:
                self._add_affine("beta", site)

    def _add_affine(self, kind, site):
        weight = self.add_weight(
            name=f"{kind}_{site.name}",
            shape=(site.features,),
            initializer=getattr(self, f"{kind}_initializer"),
        )
        setattr(self, f"{kind}_{site.name}", weight)

    @property
    def gammas(self):
        """The gamma of each site that is normalized."""
        return {s.name: getattr(self, f"gamma_{s.name}") for s in self.sites}

    @property
    def betas(self):
        """The beta of each site that has one."""
        named = {s.name: getattr(self, f"beta_{s.name}") for s in self.sites}
        return {name: beta for name, beta in named.items() if beta is not None}

    def add_weight(self, *, initializer, **kwargs):
        if self.variable_dtype in ("bfloat16", "float16"):
            initializer = _in_float32(keras.initializers.get(initializer))
        # The layer casts where it multiplies, and only there.
        return super().add_weight(
            initializer=initializer, autocast=False, **kwargs
        )


def _in_float32(initializer):
    # Orthogonal kernels need a decomposition that bfloat16 lacks.
    def initialize(shape, dtype=None):
        return tf.cast(initializer(shape, dtype="float32"), dtype)

    return initialize


class _LSTMCell(_Normalized, keras.layers.LSTMCell):
    pass


class _GRUCell(_Normalized, keras.layers.GRUCell):
    pass


class _SimpleRNNCell(_Normalized, keras.layers.SimpleRNNCell):
    pass


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of recurrent layer.

    Attributes:
        make_cell: makes the object with arguments and weights.
        gates: how many gates' products stand side by side.
        step: one of the functions above.
        adds: whether the two products meet in their sum alone.
    """

    make_cell: Callable
    gates: int
    step: Callable
    adds: bool


LSTM = Kind(_LSTMCell, 4, lstm, True)
GRU = Kind(_GRUCell, 3, gru, False)
SIMPLE = Kind(_SimpleRNNCell, 1, simple, True)
