"""What the normalized recurrent layers do when they are called."""

import functools

import keras
import tensorflow as tf

from ..numerics.standard_scores import Scores
from . import alignment
from .checks import check_mask, check_states
from .loop import Loop, project
from .lstm_by_hand import LSTMByHand


class RecurrentCall(LSTMByHand, keras.layers.RNN):
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
            product=self._recurrent_product(norms, states[0], training),
            bias=recurrent_bias,
        )
        outputs, states, more = loop.run(
            z, real, states, self.return_sequences, self.unroll
        )
        return outputs, states, {**kept, **more}

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
        masks = self.cell.get_dropout_mask(x[0]) if training else None
        product = self._product(norms, "input", self.cell.kernel, masks)
        return product(x, {"real": real}, shifts)

    def _recurrent_product(self, norms, h, training):
        cell = self.cell
        masks = cell.get_recurrent_dropout_mask(h) if training else None
        return self._product(norms, "recurrent", cell.recurrent_kernel, masks)

    def _product(self, norms, site, kernel, masks):
        """Returns a function that gives a product, normalized.

        It takes one factor, what is known of the step, and tensors to be
        added; and returns the moments that it keeps as well.
        """
        if (
            norms.known
            or norms.source.synchronized
            or site not in norms.affine
            or masks is not None
            # Features center the kernel, which is too much for each step.
            or (site == "recurrent" and not norms.source.keeps)
        ):
            product = self._projection(kernel, masks)

            def run(x, now, shifts=None):
                if shifts is None:
                    return norms(site, product(x), now)
                return norms.shifted(site, product(x), now, shifts)

            return run
        kernel = tf.cast(kernel, self._wide)
        scores = self._scores(norms)
        gamma, beta = norms.affine[site]
        beta = tf.zeros_like(gamma) if beta is None else beta

        def run_centered(x, now, shifts=None):
            x, real = tf.cast(x, self._wide), now.get("real")
            y, mean = scores.centered_product(x, kernel, real)
            shift = sum(shifts or [], beta)
            z, variance = scores.standardize(y, gamma, shift, real)
            if mean is None:
                return z, {}
            return z, {site: (scores.mean_of_product(mean, kernel), variance)}

        return run_centered

    def _projection(self, kernel, masks):
        """Returns a function that gives a product, after dropout."""
        wide, dtype = self._wide, self._product_dtype
        kernel = tf.cast(kernel, dtype)
        return lambda x: tf.cast(
            project(tf.cast(x, dtype), kernel, masks), wide
        )

    def _biases(self):
        """Returns the biases of the input's and the recurrent products."""
        if not self.cell.use_bias:
            return None, None
        bias = tf.cast(self.cell.bias, self._wide)
        # The GRU has two, because its reset gate is between them.
        return tf.unstack(bias) if len(bias.shape) == 2 else (bias, None)
