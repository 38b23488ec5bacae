"""What the normalized recurrent layers do when they are called."""

import functools

import keras
import tensorflow as tf

from . import alignment, recurrent_cells
from .lstm_gradient import LSTMLoop
from .recurrent_checks import check_mask, check_states
from .recurrent_loop import Loop, project
from .standard_scores import Scores
from .sums import on_cpu, under_xla

#: As how many parts a loop is run that is compiled.
_PARTS = 4


class RecurrentCall(keras.layers.RNN):
    """Runs a normalized recurrent layer over its inputs.

    The input's products of all steps are one product, in front of the loop.
    Padding is moved behind the real steps and comes back after the loop.
    """

    #: Whether to compile the loop alone, see `BatchNormLSTM`.
    jit_compile = False

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

    def _loop(self, norms, x, real, states, training):
        """Runs the loop with `norms`.

        Returns h of all steps or None, the last states and kept moments.
        """
        input_bias, recurrent_bias = self._biases()
        shifts = [input_bias]
        if self.kind.adds:
            # What is added to both is added once, in front of the loop.
            shifts.append(norms.pop_shift("recurrent"))
        shifts = [v for v in shifts if v is not None]
        if self._has_gradient_by_hand(norms, x, training):
            return self._loop_by_hand(norms, x, real, states, shifts)
        z, kept = self._input(norms, x, real, shifts, training)
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

    def _has_gradient_by_hand(self, norms, x, training):
        """Returns whether `LSTMLoop` computes what this layer does, and faster.

        Where XLA compiles neither the step nor the loop, autodiff is faster,
        and without training there is no gradient to save anything for.
        """
        cell = self.cell
        return (
            training
            and (under_xla() or self._compiles_loop(x))
            and not norms.known
            and not norms.source.synchronized
            and self.kind is recurrent_cells.LSTM
            and not self._carries_normalized()
            and cell.activation is keras.activations.tanh
            and cell.recurrent_activation is keras.activations.sigmoid
            and self.normalize_recurrent
            and self.normalize_cell
            and not cell.recurrent_dropout
        )

    def _compiles_loop(self, x):
        """Returns whether XLA is for the loops alone.

        In a graph for CPUs XLA is good at a loop's many small operations, and
        TensorFlow at the products of all steps, with all cores. It compiles
        for each shape anew.
        """
        sizes = x.shape[:2] if self.jit_compile == "auto" else x.shape[:1]
        return (
            self.jit_compile
            and all(sizes)
            and not self.unroll
            and not tf.executing_eagerly()
            and not under_xla()
            and on_cpu()
        )

    def _carries_normalized(self):
        return False

    def _loop_by_hand(self, norms, x, real, states, shifts):
        compiled = self._compiles_loop(x)
        loop = LSTMLoop(self._scores(norms), self.unroll, compiled)
        kernel = tf.cast(self.cell.recurrent_kernel, self._wide)
        gammas = [norms.affine[site][0] for site in ("recurrent", "cell")]
        beta = norms.affine["cell"][1]
        # What is done for all steps of a part is done while the loop runs
        # over another one.
        parts = _parts(x, real) if compiled else [(x, real)]
        outputs, kept = [], []
        for x, real in parts:
            z, moments = self._input(norms, x, real, shifts, True)
            h, states, more = loop.run(z, kernel, gammas, beta, states, real)
            outputs.append(h)
            kept.append({**moments, **more})
        kept = tf.nest.map_structure(lambda *values: _join(values), *kept)
        return _join(outputs) if self.return_sequences else None, states, kept

    def _scores(self, norms):
        over_batch = norms.source.keeps
        return Scores(over_batch, self.epsilon, self._product_dtype)

    def _step(self, *args):
        return self.kind.step(*args)

    def _affine(self):
        """Returns site -> gamma and beta; beta may be None."""
        wide, cell = self._wide, self.cell
        return {
            site: (
                tf.cast(gamma, wide),
                tf.cast(cell.betas[site], wide) if site in cell.betas else None,
            )
            for site, gamma in cell.gammas.items()
        }

    def _input(self, norms, x, real, shifts, training):
        """Returns the input's part of all steps, and the moments it keeps.

        Args:
            x: (time, batch, features).
            real: where there is no padding, (time, batch, 1), or None.
            shifts: tensors to be added.
        """
        cell, wide, dtype = self.cell, self._wide, self._product_dtype
        masks = cell.get_dropout_mask(x[0]) if training else None
        if (
            norms.known
            or norms.source.synchronized
            or "input" not in norms.affine
            or masks is not None
        ):
            z = project(tf.cast(x, dtype), tf.cast(cell.kernel, dtype), masks)
            now = {"real": real}
            return norms.shifted("input", tf.cast(z, wide), now, shifts)
        kernel = tf.cast(cell.kernel, wide)
        gamma, beta = norms.affine["input"]
        shift = sum(shifts, tf.zeros_like(gamma) if beta is None else beta)
        z, moments = self._scores(norms).of_product(
            tf.cast(x, wide), kernel, gamma, shift, real
        )
        return z, {"input": moments} if moments else {}

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


def _parts(x, real):
    """Splits inputs and mask along the time, into parts of equal length.

    The last one may be shorter.
    """
    length = x.shape[0]
    size = -(-length // _PARTS)
    sizes = [min(size, length - i) for i in range(0, length, size)]
    reals = [None] * len(sizes) if real is None else tf.split(real, sizes)
    return zip(tf.split(x, sizes), reals, strict=True)


def _join(parts):
    return parts[0] if len(parts) == 1 else tf.concat(parts, 0)
