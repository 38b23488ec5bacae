"""The recurrent cells: what one step does once its products are normalized."""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

from .replicas import dropout


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
    i, f, g, o = tf.split(x + r, 4, -1)
    gate = cell.recurrent_activation
    c = gate(f) * states[1] + gate(i) * cell.activation(g)
    normal = norm_cell(c)
    h = gate(o) * cell.activation(normal)
    return [h, normal if carry_normalized else c]


def gru(cell, x, r, states, norm_cell):
    """Returns the next h, in Keras' form `reset_after=True`.

    z, r = s(x + r) for the two gates,  h = z * h + (1 - z) * a(x + r * r_h)
    """
    del norm_cell
    x_z, x_r, x_h = tf.split(x, 3, -1)
    r_z, r_r, r_h = tf.split(r, 3, -1)
    z = cell.recurrent_activation(x_z + r_z)
    reset = cell.recurrent_activation(x_r + r_r)
    candidate = cell.activation(x_h + reset * r_h)
    return [z * states[0] + (1 - z) * candidate]


def simple(cell, x, r, states, norm_cell):
    """Returns the next h, a(x + r)."""
    del states, norm_cell
    return [cell.activation(x + r)]


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
        self.gammas = {}
        self.betas = {}

    def build(self, input_shape):
        super().build(input_shape)
        for site in self.sites:
            gamma = self._add_affine("gamma", site)
            self.gammas[site.name] = gamma
            if site.center:
                self.betas[site.name] = self._add_affine("beta", site)

    def _add_affine(self, kind, site):
        return self.add_weight(
            name=f"{kind}_{site.name}",
            shape=(site.features,),
            initializer=getattr(self, f"{kind}_initializer"),
        )

    # Keras keeps its masks for the steps of its loop. Here they are made once
    # anyway, and another replica must not find them.

    def get_dropout_mask(self, step_input):
        return self._masks(step_input, self.dropout)

    def get_recurrent_dropout_mask(self, step_input):
        return self._masks(step_input, self.recurrent_dropout)

    def _masks(self, like, rate):
        if not rate:
            return None
        count = getattr(self, "dropout_mask_count", None)
        ones = tf.ones_like(like)
        masks = [
            dropout(ones, rate, self.seed_generator) for _ in range(count or 1)
        ]
        return masks if count else masks[0]

    def add_weight(self, *args, **kwargs):
        # The layer casts where it multiplies, and only there.
        return super().add_weight(*args, **kwargs, autocast=False)


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
    """

    make_cell: Callable
    gates: int
    step: Callable


LSTM = Kind(_LSTMCell, 4, lstm)
GRU = Kind(_GRUCell, 3, gru)
SIMPLE = Kind(_SimpleRNNCell, 1, simple)
