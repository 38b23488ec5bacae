"""Recurrent layers with batch normalization at each time step."""

from typing import Any

import keras
import tensorflow as tf

from ..numerics.annotations import Config, Initializer, Shape
from ..numerics.arguments import public_layer
from ..numerics.replicas import replica_seed
from . import cells
from .base import NormalizedRNN
from .cells import Kind
from .checks import (
    check_jit_compile,
    check_max_timesteps,
    check_synchronized,
    steps_to_learn,
)
from .choose import choose
from .ind_rnn import Independent
from .moments import ByBatch
from .timestep_statistics import TimestepStatistics

_GAMMA = keras.initializers.Constant(0.1)


class _BatchNormRNN(NormalizedRNN):
    """What the three layers below have in common."""

    def __init__(
        self,
        kind: Kind,
        units: int,
        *,
        max_timesteps: int | None = None,
        per_timestep: bool = True,
        momentum: float = 0.99,
        epsilon: float = 1e-5,
        gamma_initializer: Initializer = _GAMMA,
        initial_state_noise: float = 0.0,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        check_max_timesteps(max_timesteps)
        super().__init__(
            kind,
            ("cell",),
            units,
            epsilon=epsilon,
            gamma_initializer=gamma_initializer,
            **kwargs,
        )
        check_synchronized(synchronized, self.unroll)
        self.max_timesteps = max_timesteps
        self.per_timestep = per_timestep
        self.momentum = momentum
        self.initial_state_noise = initial_state_noise
        self.synchronized = synchronized
        self.statistics = TimestepStatistics(
            momentum,
            self.cell.sites,
            dtype=self.dtype_policy,
            name="statistics",
        )

    def build(
        self, sequences_shape: Shape, initial_state_shape: Any = None
    ) -> None:
        """Makes the weights."""
        rows = 1
        if self.per_timestep:
            rows = steps_to_learn(sequences_shape, self.max_timesteps)
        super().build(sequences_shape, initial_state_shape)
        self.statistics.add_rows(rows)

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "max_timesteps": self.max_timesteps,
            "per_timestep": self.per_timestep,
            "momentum": self.momentum,
            "initial_state_noise": self.initial_state_noise,
            "synchronized": self.synchronized,
        }

    def _run(self, x, real, states, training):
        learns = training and self.trainable
        recurrence = self._recurrence(x, states, training)
        if not learns:
            rows = self.statistics.rows(tf.shape(x)[0])
            loop = choose(recurrence, x, training, rows=rows)
            return loop.run(x, real, states)[:2]
        source = ByBatch(self.synchronized)
        loop = choose(recurrence, x, training, source)
        states = [self._with_noise(state) for state in states]
        outputs, states, kept = loop.run(x, real, states)
        if self._note:
            self._note(kept, real)
        self.statistics.learn(kept, *self._counts(x, real))
        return outputs, states

    def _counts(self, x, real):
        """Returns how many examples reach each step, and the batch size."""
        batch = tf.cast(tf.shape(x)[1], self._wide)
        if real is None:
            return tf.fill([tf.shape(x)[0]], batch), batch
        return tf.reduce_sum(tf.cast(real, self._wide), [1, 2]), batch

    def _with_noise(self, state):
        if not self.initial_state_noise:
            return state
        seed = replica_seed(self.cell.seed_generator.next())
        noise = tf.random.stateless_normal(
            tf.shape(state), seed, dtype=state.dtype
        )
        return state + self.initial_state_noise * noise


@public_layer
class BatchNormLSTM(_BatchNormRNN):
    """An LSTM with batch normalization at each time step.

        i, f, g, o = BN(x_t W_x; gamma_x, 0) + BN(h_(t-1) W_h; gamma_h, 0) + b
        c_t = sigmoid(f) * c_(t-1) + sigmoid(i) * tanh(g)
        h_t = sigmoid(o) * tanh(BN(c_t; gamma_c, beta_c))
        BN(z; gamma, beta) = gamma * (z - mean) / sqrt(variance + epsilon)
                            + beta

    In training, mean and biased variance are those of the batch **at step t**.
    Gammas and betas are the same at all steps, but moving statistics are not:
    each step has its own row of them. Inference, and training with
    `trainable=False`, use the rows.

    - Steps are counted from a sequence's first unmasked position, so padding
      may be anywhere: before, after or inside a sequence. It enters no
      statistics.
    - Training moves a row by `(1 - momentum) * count / batch_size`, where
      `count` examples reach the step; the first batch sets the row.
    - A step at or beyond `max_timesteps` is normalized with its batch in
      training, without changing the rows, and with the last row in inference.
      In inference, the last row is also used for steps beyond all those that
      training has reached.
    - A batch of one example has no variance: in training, all normalized
      values are then `beta`.
    - Replicas normalize with their own part of the batch and share their rows.
      With `synchronized=True` they normalize with the whole batch.

    It is a `keras.layers.RNN`, not a `keras.layers.LSTM`, whose GPU kernels do
    not support normalization. Everything except the matrix products is computed
    in float32 or higher; under `mixed_float16` the products are, too.

    Args:
        units: the size of the state.
        max_timesteps: the number of steps that have a row. `None` means the
            length of the sequences, which must then be known.
        per_timestep: whether each step has its own row. If not, all steps share
            one. Since the first steps differ from later ones, sharing costs
            accuracy in some networks and nothing in others, see
            `docs/sequences.md`.
        momentum: share of the moving statistics that a step keeps.
        epsilon: added to the variance.
        gamma_initializer: by default the constant 0.1. With 1, gradients
            vanish.
        beta_initializer: for the beta of the cell's norm.
        normalize_input, normalize_recurrent, normalize_cell: whether to
            normalize `x_t W_x`, `h_(t-1) W_h` and `c_t`.
        zoneout, cell_zoneout: the probability that a unit of h, and of the
            cell's state, keeps its value at a step in training. In inference,
            both values are averaged with these weights
            ([Krueger et al., 2017](https://arxiv.org/abs/1606.01305)).
        memory: `"low"` keeps only the states between parts of about sqrt(T)
            steps, and computes each part once more for its gradient. Outputs
            and gradients stay the same. It needs a known length, and is for
            graphs: in eager mode it saves less. See `docs/recurrent.md` for
            what it saves and costs.
        initial_state_noise: standard deviation of normal noise that is added
            to the initial state in training. Without it, steps whose inputs are
            equal in all examples, such as the black border of images, have zero
            variance and huge gradients.
        synchronized: whether to compute the statistics over all replicas. It
            needs `unroll=True`.
        jit_compile: whether XLA compiles the loop for training on CPUs if it
            does not compile the whole step. This saves a quarter of the time or
            more, and takes a second or two for each new shape. `"auto"` does so
            if the graph has a fixed batch size and length; `True` needs only a
            fixed length. It does not apply to eager mode, `unroll=True`,
            recurrent dropout, or activations other than tanh and sigmoid.
        **kwargs: arguments of `keras.layers.LSTM`, except `use_cudnn`, and
            of `keras.layers.RNN`.

    Call arguments:
        sequences: (batch, time, features).
        initial_state: h and c, each (batch, units).
        mask: boolean, (batch, time).
        training: whether to use the batch's statistics and update the moving
            ones.

    Weights:
        kernel, recurrent_kernel, bias: as in Keras' layer, in this order.
        gamma_input, gamma_recurrent: (4 * units,).
        gamma_cell, beta_cell: (units,).
        moving_mean_SITE, moving_variance_SITE: (max_timesteps, ...), for the
            sites input, recurrent, cell.
        moving_weight: (max_timesteps,), 0 for a row that no step has reached.

    Raises:
        ValueError: the length is not known and `max_timesteps` is `None`; a
            mask, an initial state, a list of weights or `units` does not fit.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import BatchNormLSTM
    >>> layer = BatchNormLSTM(4, return_sequences=True)
    >>> x = np.random.default_rng(0).normal(size=(8, 5, 3)).astype("float32")
    >>> layer(x, training=True).shape
    TensorShape([8, 5, 4])
    >>> layer.statistics.means["recurrent"].shape
    TensorShape([5, 16])

    Reference: [Cooijmans et al., 2017](https://arxiv.org/abs/1603.09025).
    """

    def __init__(
        self,
        units: int,
        *,
        normalize_cell: bool = True,
        jit_compile: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        check_jit_compile(jit_compile)
        kind = cells.lstm(jit_compile)
        super().__init__(kind, units, normalize_cell=normalize_cell, **kwargs)
        self.jit_compile = jit_compile

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "jit_compile": self.jit_compile}


@public_layer
class BatchNormGRU(_BatchNormRNN):
    """A GRU with batch normalization at each time step.

        z, r = sigmoid(BN(x_t W_x) + b_x + BN(h_(t-1) W_h) + b_h), two gates
        g = tanh(BN(x_t W_x) + b_x + r * (BN(h_(t-1) W_h) + b_h)), the third
        h_t = z * h_(t-1) + (1 - z) * g

    This is Keras' variant `reset_after=True`, with its two biases; the paper
    does not define a GRU. Statistics, masks and arguments are those of
    `BatchNormLSTM`, except for `normalize_cell`, `cell_zoneout` and
    `beta_initializer`: there is no cell state, and no `beta`.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import BatchNormGRU
    >>> layer = BatchNormGRU(4, max_timesteps=10)
    >>> layer(np.zeros((8, 5, 3), "float32"), training=True).shape
    TensorShape([8, 4])

    Reference: [Cooijmans et al., 2017](https://arxiv.org/abs/1603.09025).
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(cells.GRU, units, **kwargs)


@public_layer
class BatchNormSimpleRNN(_BatchNormRNN):
    """A simple recurrent layer with batch normalization at each time step.

        h_t = tanh(BN(x_t W_x; gamma_x, 0) + BN(h_(t-1) W_h; gamma_h, 0) + b)

    Statistics, masks and arguments are those of `BatchNormLSTM`, except for
    `normalize_cell`, `cell_zoneout` and `beta_initializer`: there is no cell
    state, and no `beta`. `normalize_recurrent=False` is the variant of Laurent
    et al.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import BatchNormSimpleRNN
    >>> layer = BatchNormSimpleRNN(4, normalize_recurrent=False)
    >>> layer(np.zeros((8, 5, 3), "float32"), training=True).shape
    TensorShape([8, 4])

    References:

    - [Cooijmans et al., 2017](https://arxiv.org/abs/1603.09025).
    - [Laurent et al., 2016](https://arxiv.org/abs/1510.01378).
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(cells.SIMPLE, units, **kwargs)


@public_layer
class BatchNormIndRNN(Independent, _BatchNormRNN):
    """An IndRNN with batch normalization at each time step.

        h_t = relu(BN(x_t W; gamma_x, 0) + u * h_(t-1) + b)

    Each unit has one recurrent weight, to itself, see `IndRNN`. Statistics,
    masks and arguments are those of `BatchNormLSTM`, except for
    `normalize_cell`, `cell_zoneout` and `beta_initializer`. The initial gamma
    is 1. With `normalize_recurrent=True` the product `u * h` is normalized,
    too, and of each `u` little more than its sign is left.

    Example:

    >>> import numpy as np
    >>> from normzoo.layers import BatchNormIndRNN
    >>> layer = BatchNormIndRNN(4, max_timesteps=10)
    >>> layer(np.zeros((8, 5, 3), "float32"), training=True).shape
    TensorShape([8, 4])

    Reference: [Li et al., 2018](https://arxiv.org/abs/1803.04831).
    """

    def __init__(
        self,
        units: int,
        *,
        gamma_initializer: Initializer = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(units, gamma_initializer=gamma_initializer, **kwargs)
