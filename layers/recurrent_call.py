"""What the normalized recurrent layers do when they are called."""

import functools

import keras
import tensorflow as tf

from . import alignment, recurrent_cells
from .lstm_gradient import LSTMLoop
from .recurrent_checks import check_mask, check_states
from .recurrent_loop import Loop, Norms, project
from .recurrent_moments import ByRows


class RecurrentCall(keras.layers.RNN):
    """Runs a normalized recurrent layer over its inputs.

    The input's products of all steps are one product, in front of the loop.
    Padding is moved behind the real steps and comes back after the loop.
    """

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
        """Returns whether `LSTMLoop` computes what this layer does.

        Without training there is no gradient to save anything for.
        """
        cell = self.cell
        return (
            training
            and not isinstance(source, ByRows)
            and not source.synchronized
            and self.kind is recurrent_cells.LSTM
            and not self._carries_normalized()
            and cell.activation is keras.activations.tanh
            and cell.recurrent_activation is keras.activations.sigmoid
            and self.normalize_recurrent
            and self.normalize_cell
            and not cell.recurrent_dropout
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
        outputs = outputs if self.return_sequences else None
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
