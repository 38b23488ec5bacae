"""The kinds of recurrent layers, and the weights of each.

The Keras cells stand for the arguments, weights and dropout masks of a layer.
They are not called.
"""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

from . import steps


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
    """Puts the norms' weights behind those of a Keras cell."""

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


class IndependentCell(keras.layers.SimpleRNNCell):
    """A simple cell with one recurrent weight for each unit."""

    def build(self, input_shape):
        """Makes the weights."""
        units = (self.units,)
        self.kernel = self._add("kernel", "", (input_shape[-1], *units))
        self.recurrent_kernel = self._add("recurrent", "_kernel", units)
        self.bias = self._add("bias", "", units) if self.use_bias else None
        self.built = True

    def _add(self, what, ending, shape):
        options = ("initializer", "regularizer", "constraint")
        return self.add_weight(
            name=what + ending,
            shape=shape,
            **{name: getattr(self, f"{what}_{name}") for name in options},
        )


class _IndRNNCell(_Normalized, IndependentCell):
    pass


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of recurrent layer.

    Attributes:
        make_cell: makes the object with arguments and weights.
        gates: how many gates' products stand side by side.
        step: of a cell, the two products, the states and the norm of the
            cell's state, to the next states; see `steps`.
        adds: whether the two products meet in their sum alone.
        has_cell_state: whether it is an LSTM.
        carries_normalized: whether an LSTM's next step gets the normalized
            state of the cell.
        jit_compile: whether XLA may compile an LSTM's loop on its own: True,
            False or "auto", see `BatchNormLSTM`.
    """

    make_cell: Callable
    gates: int
    step: Callable
    adds: bool
    has_cell_state: bool = False
    carries_normalized: bool = False
    jit_compile: object = False


GRU = Kind(_GRUCell, 3, steps.gru, adds=False)
SIMPLE = Kind(_SimpleRNNCell, 1, steps.simple, adds=True)
INDEPENDENT = Kind(_IndRNNCell, 1, steps.simple, adds=True)


def lstm(jit_compile, carries_normalized=False):
    """Returns the kind of an LSTM, see `Kind`."""
    step = steps.lstm_carries_normalized if carries_normalized else steps.lstm
    return Kind(
        _LSTMCell,
        4,
        step,
        adds=True,
        has_cell_state=True,
        carries_normalized=carries_normalized,
        jit_compile=jit_compile,
    )
