"""The fast loop of an LSTM: where it is of use, and what it takes."""

import dataclasses

import keras
import tensorflow as tf

from ..numerics.scan import is_vectorized
from ..numerics.standard_scores import Scores, counts
from ..numerics.sums import on_cpu, under_xla
from . import parts
from .lstm_gradient import LSTMLoop
from .recurrence import Recurrence


def compiles_loop(recurrence, x):
    """Returns whether XLA is for the loops alone.

    In a graph for CPUs XLA is good at a loop's many small operations, and
    TensorFlow at the products of all steps, with all cores. It compiles for
    each shape again.
    """
    jit_compile = recurrence.kind.jit_compile
    sizes = x.shape[:2] if jit_compile == "auto" else x.shape[:1]
    return (
        jit_compile
        and all(sizes)
        and not recurrence.unroll
        and not tf.executing_eagerly()
        and not under_xla()
        and not is_vectorized()
        and on_cpu()
    )


def fits(recurrence, source, x):
    """Returns whether `FastLSTM` computes a training's loop, and faster.

    Where XLA compiles neither the step nor the loop, autodiff is faster.
    """
    cell, affine = recurrence.cell, recurrence.weights.affine
    return (
        (under_xla() or compiles_loop(recurrence, x))
        and not source.synchronized
        and recurrence.kind.has_cell_state
        and not recurrence.kind.carries_normalized
        and cell.activation is keras.activations.tanh
        and cell.recurrent_activation is keras.activations.sigmoid
        and "recurrent" in affine
        and "cell" in affine
        and recurrence.recurrent_dropout is None
        and recurrence.zoneout is None
    )


@dataclasses.dataclass(frozen=True)
class FastLSTM:
    """Runs an LSTM with the gradient of `LSTMLoop`.

    Attributes:
        recurrence: what is computed, see `fits`.
        scores: how to standardize.
        compiled: whether XLA compiles the loops alone.
    """

    recurrence: Recurrence
    scores: Scores
    compiled: bool

    def run(self, x, real, states):
        """Returns h of all steps or None, the last states, and kept moments.

        Args:
            x: (time, batch, features).
            real: where there is no padding, (time, batch, 1), or None.
            states: a list of tensors, h first.
        """
        recurrence = self.recurrence
        loop = LSTMLoop(self.scores, recurrence.unroll, self.compiled)
        weights = self._weights()

        def run(y, variance, kept, real, states):
            h, states, more = loop.run(y, variance, weights, states, real)
            return h, states, {**kept, **more}

        outputs, states, kept = self._way(x)(
            self._centered_input, run, x, real, states
        )
        kept = self._of_products(kept)
        return outputs if recurrence.return_sequences else None, states, kept

    def _way(self, x):
        """Returns how to run: all at once, or parts of the time or batch."""
        if not self.compiled:
            return parts.at_once
        recurrence = self.recurrence
        if (
            self.scores.shares_moments
            or recurrence.dropout is not None
            or x.shape[1] is None
        ):
            return parts.in_time
        return parts.by_examples

    def _weights(self):
        """Returns the weights that `LSTMLoop` takes."""
        weights = self.recurrence.weights.add_in_front()
        affine = weights.affine
        kernel = tf.cast(weights.recurrent_kernel, self.recurrence.dtype)
        taken = {
            "kernel": kernel,
            "gamma_recurrent": affine["recurrent"].gamma,
            "gamma_cell": affine["cell"].gamma,
            "beta_cell": affine["cell"].beta,
        }
        shift = tf.zeros_like(affine["recurrent"].gamma)
        if "input" in affine:
            taken["gamma_input"], beta = affine["input"]
            shift = shift if beta is None else beta
        return {**taken, "shift": sum(weights.shifts, shift)}

    def _centered_input(self, x, real):
        """Returns the products of the inputs, centered, and their variance.

        Third the moments to be kept. The mean is that of the inputs, where
        there is no dropout.
        """
        recurrence, scores = self.recurrence, self.scores
        weights, dtype = recurrence.weights, recurrence.dtype
        if "input" not in weights.affine:
            return recurrence.projection("input")(x), None, {}
        count = None if real is None else counts(real, dtype)
        if recurrence.dropout is None:
            x, kernel = (tf.cast(v, dtype) for v in (x, weights.kernel))
            y, mean = scores.centered_product(x, kernel, real)
        else:
            project = recurrence.projection("input")
            y, mean = scores.center(project(x), real, count)
        variance = scores.variance(y, count)
        if not scores.shares_moments:
            return y, variance, {}
        kept = tf.stop_gradient(mean), tf.stop_gradient(variance)
        return y, variance, {"input": kept}

    def _of_products(self, kept):
        """Makes means of products out of those of their factors.

        It is done behind the loops, because they would wait for it.
        """
        recurrence = self.recurrence
        kernels = {"recurrent": recurrence.weights.recurrent_kernel}
        if recurrence.dropout is None:
            kernels["input"] = recurrence.weights.kernel

        def mean(site, value):
            if site not in kernels:
                return value
            kernel = tf.cast(kernels[site], recurrence.dtype)
            product = self.scores.mean_of_product(value, kernel)
            return tf.stop_gradient(product)

        return {site: (mean(site, m), v) for site, (m, v) in kept.items()}
