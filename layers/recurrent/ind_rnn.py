"""Recurrent layers whose units see no other unit's state."""

import functools
from typing import Any

import keras

from ..numerics.annotations import Activation, Config, Initializer, Shape
from ..numerics.arguments import public_layer
from . import cells
from .base import NormalizedRNN
from .choose import choose
from .moments import ByExample

#: Makes the initializer of the recurrent weights, unless another is given.
START = functools.partial(keras.initializers.RandomUniform, 0.0, 1.0)
#: What only the layers with norms take.
_OF_NORMS = (
    "epsilon",
    "gamma_initializer",
    "beta_initializer",
    "normalize_input",
    "normalize_recurrent",
)
#: What only an LSTM takes.
_OF_CELL_STATES = ("normalize_cell", "cell_zoneout")


class Independent(NormalizedRNN):
    """A recurrent layer of independent units, see `IndRNN`.

    Among the bases of a class it stands before one with norms.
    """

    def __init__(
        self,
        units: int,
        *,
        activation: Activation = "relu",
        recurrent_initializer: Initializer | None = None,
        max_growth: float | None = 2.0,
        normalize_recurrent: bool = False,
        **kwargs: Any,
    ) -> None:
        if recurrent_initializer is None:
            recurrent_initializer = START()
        super().__init__(
            kind=cells.INDEPENDENT,
            units=units,
            activation=activation,
            recurrent_initializer=recurrent_initializer,
            normalize_recurrent=normalize_recurrent,
            **kwargs,
        )
        self.max_growth = max_growth

    def build(
        self, sequences_shape: Shape, initial_state_shape: Any = None
    ) -> None:
        """Makes the weights."""
        super().build(sequences_shape, initial_state_shape)
        kernel = self.cell.recurrent_kernel
        if kernel.constraint is None and self.max_growth is not None:
            steps = getattr(self, "max_timesteps", None) or sequences_shape[1]
            bound = self.max_growth ** (1 / steps) if steps else 1.0
            kernel.constraint = MagnitudeBound(bound)

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "max_growth": self.max_growth}


@public_layer
class IndRNN(Independent):
    """A recurrent layer whose units see no other unit's state.

        h_t = relu(x_t W + u * h_(t-1) + b)

    `u` is a vector: each unit has one recurrent weight, to itself. Over T steps
    its gradient is multiplied by `u ** T` and the activation's slopes, so a
    bound on `u` keeps it from exploding, and many steps and layers can be
    trained with ReLU. Units meet in the next layer, so there should be two or
    more layers.

    Args:
        units: the size of the state.
        activation: of the sum, ReLU by default.
        recurrent_initializer: of `u`; uniform in [0, 1] by default.
        max_growth: how many times larger a gradient may become from the last
            step to the first: after each training step, `u` is clipped to
            `|u| <= max_growth ** (1 / T)`. T is the length of the sequences;
            if it is not known, the bound is 1. `None` means no bound. A
            `recurrent_constraint` takes its place.
        zoneout, memory: see `BatchNormLSTM`.
        **kwargs: arguments of `keras.layers.SimpleRNN`.

    Call arguments:
        sequences: (batch, time, features).
        initial_state: (batch, units).
        mask: boolean, (batch, time).
        training: whether to apply dropout and zoneout.

    Weights:
        kernel: (features, units).
        recurrent_kernel: `u`, (units,).
        bias: (units,).

    Raises:
        ValueError: a mask, an initial state, a list of weights or an argument
            does not fit.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import IndRNN
    >>> layer = IndRNN(4, return_sequences=True)
    >>> layer(np.zeros((8, 5, 3), "float32")).shape
    TensorShape([8, 5, 4])
    >>> tuple(layer.cell.recurrent_kernel.shape)
    (4,)

    Reference: [Li et al., 2018](https://arxiv.org/abs/1803.04831).
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        if of_norms := [name for name in _OF_NORMS if name in kwargs]:
            raise TypeError(
                f"IndRNN has no norm. Received: {', '.join(of_norms)}. Use "
                "BatchNormIndRNN or LayerNormIndRNN."
            )
        super().__init__(units, centered=(), normalize_input=False, **kwargs)

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        config = super().get_config()
        for name in (*_OF_NORMS, *_OF_CELL_STATES):
            del config[name]
        return config

    def _run(self, x, real, states, training):
        recurrence = self._recurrence(x, states, training)
        loop = choose(recurrence, x, training, ByExample())
        return loop.run(x, real, states)[:2]


class MagnitudeBound(keras.constraints.Constraint):
    """Keeps weights between a number and its negative."""

    def __init__(self, bound):
        self.bound = bound

    def __call__(self, w):
        """Returns the weights, clipped."""
        return keras.ops.clip(w, -self.bound, self.bound)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"bound": self.bound}
