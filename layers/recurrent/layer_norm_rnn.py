"""Recurrent layers with layer normalization."""

from typing import Any

from ..numerics.annotations import Config
from ..numerics.arguments import public_layer
from . import cells
from .base import NormalizedRNN
from .cells import Kind
from .checks import check_jit_compile
from .choose import choose
from .ind_rnn import Independent
from .moments import ByExample, ByExampleNoted
from .plain import Plain


class _LayerNormRNN(NormalizedRNN):
    """What the three layers below have in common."""

    def __init__(self, kind: Kind, units: int, **kwargs: Any) -> None:
        super().__init__(kind, ("input", "recurrent", "cell"), units, **kwargs)

    def _run(self, x, real, states, training):
        recurrence = self._recurrence(x, states, training)
        if self._note and training:
            loop = Plain(recurrence, ByExampleNoted())
            outputs, states, kept = loop.run(x, real, states)
            self._note(kept, real)
            return outputs, states
        loop = choose(recurrence, x, training, ByExample())
        return loop.run(x, real, states)[:2]


@public_layer
class LayerNormLSTM(_LayerNormRNN):
    """An LSTM with layer normalization.

        i, f, g, o = LN(x_t W_x; gamma_x, beta_x)
                     + LN(h_(t-1) W_h; gamma_h, beta_h) + b
        c_t = sigmoid(f) * c_(t-1) + sigmoid(i) * tanh(g)
        h_t = sigmoid(o) * tanh(LN(c_t; gamma_c, beta_c))
        LN(z; gamma, beta) = gamma * (z - mean) / sqrt(variance + epsilon)
                            + beta

    Mean and biased variance are those of each example's features at each step,
    over all four gates together, in training and in inference. Everything
    except the matrix products is computed in float32 or higher; under
    `mixed_float16` the products are, too.

    There are two models of this name. In the paper, the raw `c_t` goes to the
    next step; in TensorFlow Addons' `LayerNormLSTMCell`, `LN(c_t)` does. Set
    `carry_normalized=True, epsilon=1e-3` for the latter; its list of weights
    can be loaded.

    Args:
        units: the size of the state.
        carry_normalized: whether the next step gets `LN(c_t)`.
        epsilon: added to the variance.
        gamma_initializer, beta_initializer: initializers.
        normalize_input, normalize_recurrent, normalize_cell: whether to
            normalize `x_t W_x`, `h_(t-1) W_h` and `c_t`.
        zoneout, cell_zoneout: the probability that a unit keeps its value, see
            `BatchNormLSTM`.
        memory: `"low"` computes twice to keep less, see `BatchNormLSTM`.
        jit_compile: whether XLA compiles the loop for training on CPUs, see
            `BatchNormLSTM`.
        **kwargs: arguments of `keras.layers.LSTM`, except `use_cudnn`, and
            of `keras.layers.RNN`.

    Call arguments:
        sequences: (batch, time, features).
        initial_state: h and c, each (batch, units).
        mask: boolean, (batch, time). A position that is False keeps the state.
        training: whether to apply dropout.

    Weights:
        kernel, recurrent_kernel, bias: as in Keras' layer, in this order.
        gamma_input, beta_input, gamma_recurrent, beta_recurrent: (4 * units,).
        gamma_cell, beta_cell: (units,).

    Raises:
        ValueError: a mask, an initial state, a list of weights or `units` does
            not fit.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import LayerNormLSTM
    >>> x = np.random.default_rng(0).normal(size=(8, 5, 3)).astype("float32")
    >>> LayerNormLSTM(4, return_sequences=True)(x).shape
    TensorShape([8, 5, 4])

    Reference: [Ba, Kiros and Hinton, 2016](https://arxiv.org/abs/1607.06450).
    """

    def __init__(
        self,
        units: int,
        *,
        carry_normalized: bool = False,
        normalize_cell: bool = True,
        jit_compile: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        check_jit_compile(jit_compile)
        kind = cells.lstm(jit_compile, carry_normalized)
        super().__init__(kind, units, normalize_cell=normalize_cell, **kwargs)
        self.carry_normalized = carry_normalized
        self.jit_compile = jit_compile

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "carry_normalized": self.carry_normalized,
            "jit_compile": self.jit_compile,
        }


@public_layer
class LayerNormGRU(_LayerNormRNN):
    """A GRU with layer normalization.

        z, r = sigmoid(LN(x_t W_x) + b_x + LN(h_(t-1) W_h) + b_h), two gates
        g = tanh(LN(x_t W_x) + b_x + r * (LN(h_(t-1) W_h) + b_h)), the third
        h_t = z * h_(t-1) + (1 - z) * g

    This is Keras' variant `reset_after=True`, with its two biases. LN is over
    the features of all three gates, with a gamma and a beta for each product.
    The arguments are those of `LayerNormLSTM`, except for `normalize_cell`,
    `cell_zoneout` and `carry_normalized`.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import LayerNormGRU
    >>> LayerNormGRU(4)(np.zeros((8, 5, 3), "float32")).shape
    TensorShape([8, 4])

    Reference: [Ba, Kiros and Hinton, 2016](https://arxiv.org/abs/1607.06450).
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(cells.GRU, units, **kwargs)


@public_layer
class LayerNormSimpleRNN(_LayerNormRNN):
    """A simple recurrent layer with layer normalization.

        h_t = tanh(LN(x_t W_x; gamma_x, beta_x)
                   + LN(h_(t-1) W_h; gamma_h, beta_h) + b)

    The arguments are those of `LayerNormLSTM`, apart from `normalize_cell`,
    `cell_zoneout` and `carry_normalized`.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import LayerNormSimpleRNN
    >>> LayerNormSimpleRNN(4)(np.zeros((8, 5, 3), "float32")).shape
    TensorShape([8, 4])

    Reference: [Ba, Kiros and Hinton, 2016](https://arxiv.org/abs/1607.06450).
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(cells.SIMPLE, units, **kwargs)


@public_layer
class LayerNormIndRNN(Independent, _LayerNormRNN):
    """An IndRNN with layer normalization.

        h_t = relu(LN(x_t W; gamma_x, beta_x) + u * h_(t-1) + b)

    Each unit has one recurrent weight, to itself, see `IndRNN`. With
    `normalize_recurrent=True` there is `LN(u * h_(t-1); gamma_h, beta_h)` in
    place of the product. The other arguments are those of `LayerNormLSTM`,
    apart from `normalize_cell`, `cell_zoneout` and `carry_normalized`.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import LayerNormIndRNN
    >>> LayerNormIndRNN(4)(np.zeros((8, 5, 3), "float32")).shape
    TensorShape([8, 4])

    Reference: [Li et al., 2018](https://arxiv.org/abs/1803.04831).
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
