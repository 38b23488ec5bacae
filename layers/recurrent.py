"""What the normalized recurrent layers have in common."""

import functools

import keras
import tensorflow as tf

from . import alignment, recurrent_cells
from .lstm_gradient import LSTMLoop
from .recurrent_cells import Site
from .recurrent_checks import check_mask, check_states, check_weights
from .recurrent_loop import Loop, Norms, project
from .recurrent_moments import ByRows


class NormalizedRNN(keras.layers.RNN):
    """A recurrent layer whose products are normalized, each on its own.

    The input's products of all steps are one product, in front of the loop.
    Padding is moved behind the real steps and comes back after the loop.

    Subclasses set `kind` and `centered`, and say in `_run` where the moments
    come from.

    Args:
        units: the size of the state.
        epsilon: added to the variance.
        gamma_initializer, beta_initializer: initializers.
        normalize_input: whether to normalize the product of the input.
        normalize_recurrent: whether to normalize the product of the state.
        normalize_cell: whether to normalize the LSTM's cell state.
        return_sequences, return_state, go_backwards, stateful, unroll,
        zero_output_for_mask: as in `keras.layers.RNN`.
        activity_regularizer, name, dtype, trainable: as in
            `keras.layers.Layer`.
        **kwargs: arguments of the Keras layer that remain.
    """

    #: The row of `recurrent_cells` that this layer is.
    kind = None
    #: The sites that have a `beta` if they are normalized.
    centered = ()

    def __init__(
        self,
        units,
        *,
        epsilon=1e-5,
        gamma_initializer="ones",
        beta_initializer="zeros",
        normalize_input=True,
        normalize_recurrent=True,
        normalize_cell=False,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        activity_regularizer=None,
        name=None,
        dtype=None,
        trainable=True,
        **kwargs,
    ):
        wanted = {
            "input": normalize_input,
            "recurrent": normalize_recurrent,
            "cell": normalize_cell,
        }
        cell = self.kind.make_cell(
            units,
            self._sites(units, wanted),
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

    def _sites(self, units, wanted):
        if wanted["cell"] and self.kind is not recurrent_cells.LSTM:
            raise ValueError(
                f"{type(self).__name__} has no cell state to normalize. "
                "Received: normalize_cell=True."
            )
        wide = self.kind.gates * units
        sizes = {"input": wide, "recurrent": wide, "cell": units}
        return [
            Site(name, sizes[name], name in self.centered)
            for name, is_wanted in wanted.items()
            if is_wanted
        ]

    @property
    def units(self):
        """The size of the state."""
        return self.cell.units

    def get_config(self):
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
            "activity_regularizer": keras.regularizers.serialize(
                self.activity_regularizer
            ),
        }

    @classmethod
    def from_config(cls, config):
        """Makes a layer from its configuration."""
        return cls(**config)

    def set_weights(self, weights):
        """Sets the weights from a list of arrays."""
        check_weights(self, weights)
        super().set_weights(weights)

    def call(self, sequences, initial_state=None, mask=None, training=False):
        """Runs over `sequences`, (batch, time, features)."""
        check_mask(sequences, mask)
        if initial_state is not None:
            check_states(self, sequences.shape[0], initial_state)
        return super().call(sequences, initial_state, mask, training)

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Returns the last output, all outputs and the last states."""
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
            last, outputs = self._with_padding(last, outputs, mask)
        return last, last if outputs is None else outputs, states

    def _with_padding(self, last, outputs, mask):
        zeros = self.zero_output_for_mask
        shown = mask[:, -1] if zeros else tf.reduce_any(mask, 1)
        last = tf.where(shown[:, tf.newaxis], last, tf.zeros([], last.dtype))
        if outputs is not None:
            outputs = alignment.unalign(outputs, mask, zeros)
        return last, outputs

    @property
    def _wide(self):
        """The type of all but the products."""
        return tf.float64 if self.variable_dtype == "float64" else tf.float32

    @property
    def _product_dtype(self):
        # Inputs, and gradients after some steps, may leave float16's range.
        half = self.compute_dtype == "float16"
        return self._wide if half else self.compute_dtype

    def _loop(self, source, x, real, states, training):
        """Runs the loop with moments from `source`.

        Returns h of all steps or None, the last states and kept moments.
        """
        norms = self._norms(source)
        by_hand = self._has_gradient_by_hand(source, training)
        input_bias, recurrent_bias = self._biases()
        # What is added to both is added once, in front of the loop.
        shift = norms.pop_beta("recurrent") if by_hand else None
        shifts = [v for v in (input_bias, shift) if v is not None]
        z = self._input_products(x, training)
        now = {} if real is None else {"real": real}
        now = {**source.sequences, **now}
        z, kept = norms.shifted("input", z, now, shifts)
        if by_hand:
            outputs, states, more = self._loop_by_hand(norms, z, real, states)
            return outputs, states, {**kept, **more}
        loop = Loop(
            step=functools.partial(self._step, self.cell),
            norms=norms,
            product=self._recurrent_product(states[0], training),
            bias=recurrent_bias,
        )
        outputs, states, more = loop.run(
            z, real, states, self.return_sequences, self.unroll
        )
        return outputs, states, {**kept, **more}

    def _has_gradient_by_hand(self, source, training):
        """Returns whether `LSTMLoop` computes what this layer does."""
        cell = self.cell
        return (
            self.kind is recurrent_cells.LSTM
            and not isinstance(source, ByRows)
            and not self._carries_normalized()
            and cell.activation is keras.activations.tanh
            and cell.recurrent_activation is keras.activations.sigmoid
            and self.normalize_recurrent
            and self.normalize_cell
            and not (training and cell.recurrent_dropout)
        )

    def _carries_normalized(self):
        return False

    def _loop_by_hand(self, norms, z, real, states):
        loop = LSTMLoop(
            over_batch=norms.source.keeps,
            epsilon=self.epsilon,
            dtype=self._product_dtype,
            unroll=self.unroll,
        )
        kernel = tf.cast(self.cell.recurrent_kernel, self._wide)
        gammas = [norms.affine[site][0] for site in ("recurrent", "cell")]
        beta = norms.affine["cell"][1]
        outputs, states, kept = loop.run(z, kernel, gammas, beta, states, real)
        return outputs, states, kept if norms.source.keeps else {}

    def _step(self, *args):
        return self.kind.step(*args)

    def _norms(self, source):
        wide, cell = self._wide, self.cell
        affine = {
            site: (
                tf.cast(gamma, wide),
                tf.cast(cell.betas[site], wide) if site in cell.betas else None,
            )
            for site, gamma in cell.gammas.items()
        }
        return Norms(source, affine, self.epsilon)

    def _input_products(self, x, training):
        cell, dtype = self.cell, self._product_dtype
        masks = cell.get_dropout_mask(x[0]) if training else None
        z = project(tf.cast(x, dtype), tf.cast(cell.kernel, dtype), masks)
        return tf.cast(z, self._wide)

    def _recurrent_product(self, h, training):
        cell, wide, dtype = self.cell, self._wide, self._product_dtype
        masks = cell.get_recurrent_dropout_mask(h) if training else None
        kernel = tf.cast(cell.recurrent_kernel, dtype)
        return lambda h: tf.cast(
            project(tf.cast(h, dtype), kernel, masks), wide
        )

    def _biases(self):
        """Returns the biases of the input's and the recurrent products."""
        if not self.cell.use_bias:
            return None, None
        bias = tf.cast(self.cell.bias, self._wide)
        # The GRU has two, because its reset gate is between them.
        return tf.unstack(bias) if len(bias.shape) == 2 else (bias, None)
