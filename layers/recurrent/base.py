"""What the normalized recurrent layers have in common."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..numerics import alignment
from ..numerics.annotations import (
    Config,
    Initializer,
    Regularizer,
    Structure,
    Tensor,
    TensorLike,
)
from ..numerics.replicas import replica_seed
from .cells import Kind, Site
from .checks import (
    check_cell_state,
    check_mask,
    check_memory,
    check_states,
    check_weights,
)
from .recurrence import Recurrence
from .weights import Weights
from .zoneout import Zoneout


class NormalizedRNN(keras.layers.RNN):
    """A recurrent layer whose products are normalized, each on its own.

    It does arguments, padding and state; a loop computes the rest, which
    subclasses choose in `_run`.

    Args:
        kind: a `cells.Kind`.
        centered: the sites that have a `beta` if they are normalized.
        units: the size of the state.
        epsilon: added to the variance.
        gamma_initializer, beta_initializer: initializers.
        normalize_input: whether to normalize the product of the input.
        normalize_recurrent: whether to normalize the product of the state.
        normalize_cell: whether to normalize the LSTM's cell state.
        zoneout: the probability that a unit of h keeps its value at a step.
        cell_zoneout: the same for the LSTM's cell state.
        memory: `"normal"`, or `"low"` to compute more than once in training.
        return_sequences, return_state, go_backwards, stateful, unroll,
        zero_output_for_mask: as in `keras.layers.RNN`.
        activity_regularizer, name, dtype, trainable: as in
            `keras.layers.Layer`.
        **kwargs: further arguments of the Keras layer.
    """

    def __init__(
        self,
        kind: Kind,
        centered: Sequence[str],
        units: int,
        *,
        epsilon: float = 1e-5,
        gamma_initializer: Initializer = "ones",
        beta_initializer: Initializer = "zeros",
        normalize_input: bool = True,
        normalize_recurrent: bool = True,
        normalize_cell: bool = False,
        zoneout: float = 0.0,
        cell_zoneout: float = 0.0,
        memory: str = "normal",
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        activity_regularizer: Regularizer = None,
        name: str | None = None,
        dtype: Any = None,
        trainable: bool = True,
        **kwargs: Any,
    ) -> None:
        check_cell_state(
            type(self).__name__,
            kind.has_cell_state,
            normalize_cell=normalize_cell,
            cell_zoneout=cell_zoneout,
        )
        check_memory(memory)
        wanted = {
            "input": normalize_input,
            "recurrent": normalize_recurrent,
            "cell": normalize_cell,
        }
        cell = kind.make_cell(
            units,
            _sites(kind, centered, units, wanted),
            gamma_initializer,
            beta_initializer,
            name="cell",
            dtype=dtype,
            trainable=trainable,
            **kwargs,
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            activity_regularizer=activity_regularizer,
            name=name,
            dtype=dtype,
            trainable=trainable,
        )
        self.autocast = False
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)
        self.epsilon = epsilon
        self.normalize_input = normalize_input
        self.normalize_recurrent = normalize_recurrent
        self.normalize_cell = normalize_cell
        self.zoneout = zoneout
        self.cell_zoneout = cell_zoneout
        self.memory = memory
        self._kind = kind

    #: What `noting` sets.
    _note = None

    @contextlib.contextmanager
    def noting(self, note: Callable[..., None]) -> Iterator[None]:
        """Tells what the norms are given while the context is active.

        Args:
            note: a function `note(moments, real)`, which each call in training
                calls, unless moving statistics are used. `moments` are site ->
                mean and variance over the batch, (time, 1, features), without
                padding; `real` tells where there is none, (time, batch, 1), or
                is None.
        """
        try:
            self.__dict__["_note"] = note
            yield
        finally:
            self.__dict__.pop("_note", None)

    @property
    def units(self) -> int:
        """The size of the state."""
        return self.cell.units

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        config = super().get_config()
        del config["cell"]
        cell = self.cell.get_config()
        # The GRU's is always True.
        cell.pop("reset_after", None)
        serialize = keras.initializers.serialize
        return {
            **cell,
            **config,
            "epsilon": self.epsilon,
            "gamma_initializer": serialize(self.cell.gamma_initializer),
            "beta_initializer": serialize(self.cell.beta_initializer),
            "normalize_input": self.normalize_input,
            "normalize_recurrent": self.normalize_recurrent,
            "normalize_cell": self.normalize_cell,
            "zoneout": self.zoneout,
            "cell_zoneout": self.cell_zoneout,
            "memory": self.memory,
            "activity_regularizer": keras.regularizers.serialize(
                self.activity_regularizer
            ),
        }

    @classmethod
    def from_config(cls, config: Config) -> "NormalizedRNN":
        """Makes a layer from its configuration."""
        return cls(**config)

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Sets the weights from a list of arrays."""
        check_weights(self, weights)
        super().set_weights(weights)

    def call(
        self,
        sequences: TensorLike,
        initial_state: Structure = None,
        mask: TensorLike | None = None,
        training: bool | None = False,
    ) -> Structure:
        """Runs over `sequences`, (batch, time, features)."""
        check_mask(sequences, mask)
        if initial_state is not None:
            check_states(self, sequences.shape[0], initial_state)
        return super().call(sequences, initial_state, mask, training)

    def inner_loop(
        self,
        sequences: TensorLike,
        initial_state: Structure,
        mask: TensorLike | None,
        training: bool | None = False,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Returns the last output, all outputs and the last states.

        Padding is moved behind the real steps and comes back after the loop.
        """
        x, real = sequences, None
        if self.go_backwards:
            x = tf.reverse(x, [1])
            mask = None if mask is None else tf.reverse(mask, [1])
        if mask is not None:
            mask = tf.cast(mask, tf.bool)
            x, real = alignment.align(x, mask)
            real = tf.transpose(real)[..., tf.newaxis]
        x = tf.transpose(x, [1, 0, 2])
        states = [tf.cast(s, self._wide) for s in initial_state]
        outputs, states = self._run(x, real, states, bool(training))
        if outputs is not None:
            outputs = tf.transpose(outputs, [1, 0, 2])
        last = states[0]
        if mask is not None:
            zeros = self.zero_output_for_mask
            last, outputs = alignment.pad(last, outputs, mask, zeros)
        return last, last if outputs is None else outputs, states

    def _run(self, x, real, states, training):
        """Returns h of all steps or None, and the last states.

        Args:
            x: (time, batch, features), padding behind what is real.
            real: where there is no padding, (time, batch, 1), or None.
            states: the first ones, a list of tensors, h first.
            training: a bool.
        """
        raise NotImplementedError

    def _recurrence(self, x, states, training):
        """Returns what is computed in this call."""
        cell = self.cell
        masks = [None, None]
        if training:
            masks = [
                cell.get_dropout_mask(x[0]),
                cell.get_recurrent_dropout_mask(states[0]),
            ]
        # Inputs, and gradients after some steps, may leave float16's range.
        half = self.compute_dtype == "float16"
        return Recurrence(
            kind=self._kind,
            cell=cell,
            weights=Weights.of_cell(cell, self._wide),
            epsilon=self.epsilon,
            dropout=masks[0],
            recurrent_dropout=masks[1],
            zoneout=self._zoneout(len(states), training),
            dtype=self._wide,
            product_dtype=self._wide if half else self.compute_dtype,
            unroll=self.unroll,
            return_sequences=self.return_sequences,
            recomputes=self.memory == "low",
        )

    def _zoneout(self, states, training):
        """Returns what keeps states, or None."""
        rates = (self.zoneout, self.cell_zoneout)[:states]
        if not any(rates):
            return None
        return Zoneout(rates, self._seeds(states) if training else None)

    def _seeds(self, count):
        """Returns seeds, which differ from call to call and replica."""
        generator = self.cell.seed_generator
        return [replica_seed(generator.next()) for _ in range(count)]

    @property
    def _wide(self):
        """The type of all but the products."""
        return tf.float64 if self.variable_dtype == "float64" else tf.float32


def _sites(kind, centered, units, wanted):
    wide = kind.gates * units
    sizes = {"input": wide, "recurrent": wide, "cell": units}
    return [
        Site(name, sizes[name], name in centered)
        for name, is_wanted in wanted.items()
        if is_wanted
    ]
