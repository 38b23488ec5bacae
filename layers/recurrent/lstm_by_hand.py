"""The loop with a gradient by hand, where it is of use and what it takes."""

import functools

import keras
import tensorflow as tf

from ..numerics.standard_scores import counts
from ..numerics.sums import on_cpu, under_xla
from . import cells
from .lstm_gradient import LSTMLoop

#: As how many parts a loop is run that is compiled, at most.
_PARTS = 4
#: The fewest examples that are worth a loop of their own.
_FEW = 16


class LSTMByHand:
    """Runs the loop of a recurrent layer with the gradient of `LSTMLoop`."""

    #: Whether to compile the loop alone, see `BatchNormLSTM`.
    jit_compile = False

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
            and self.kind is cells.LSTM
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
        weights = self._weights_by_hand(norms, shifts)

        product = functools.partial(self._centered_input, norms)

        def run(y, variance, kept, real, states):
            h, states, more = loop.run(y, variance, weights, states, real)
            return h, states, {**kept, **more}

        if not compiled:
            outputs, states, kept = run(*product(x, real), real, states)
        elif norms.source.keeps or self.cell.dropout or x.shape[1] is None:
            outputs, states, kept = _in_time(product, run, x, real, states)
        else:
            outputs, states = _by_examples(product, run, x, real, states)
            kept = {}
        kept = self._of_products(norms, kept)
        return outputs if self.return_sequences else None, states, kept

    def _weights_by_hand(self, norms, shifts):
        """Returns the weights that `LSTMLoop` takes."""
        wide = self._wide
        (gamma_r, _), (gamma_c, beta_c) = (
            norms.affine[site] for site in ("recurrent", "cell")
        )
        weights = {
            "kernel": tf.cast(self.cell.recurrent_kernel, wide),
            "gamma_recurrent": gamma_r,
            "gamma_cell": gamma_c,
            "beta_cell": beta_c,
        }
        shift = tf.zeros_like(gamma_r)
        if "input" in norms.affine:
            weights["gamma_input"], beta = norms.affine["input"]
            shift = shift if beta is None else beta
        return {**weights, "shift": sum(shifts, shift)}

    def _centered_input(self, norms, x, real):
        """Returns the products of the inputs, centered, and their variance.

        Third the moments to be kept. The mean is that of the inputs, where
        there is no dropout.
        """
        masks = self.cell.get_dropout_mask(x[0])
        project = self._projection(self.cell.kernel, masks)
        if "input" not in norms.affine:
            return project(x), None, {}
        scores = self._scores(norms)
        count = None if real is None else counts(real, self._wide)
        if masks is None:
            x, kernel = (tf.cast(v, self._wide) for v in (x, self.cell.kernel))
            y, mean = scores.centered_product(x, kernel, real)
        else:
            y, mean = scores.center(project(x), real, count)
        variance = scores.variance(y, count)
        if not norms.source.keeps:
            return y, variance, {}
        kept = tf.stop_gradient(mean), tf.stop_gradient(variance)
        return y, variance, {"input": kept}

    def _of_products(self, norms, kept):
        """Makes means of products out of those of their factors.

        It is done behind the loops, because they would wait for it.
        """
        kernels = {"recurrent": self.cell.recurrent_kernel}
        if not self.cell.dropout:
            kernels["input"] = self.cell.kernel
        scores = self._scores(norms)

        def mean(site, value):
            if site not in kernels:
                return value
            kernel = tf.cast(kernels[site], self._wide)
            return tf.stop_gradient(scores.mean_of_product(value, kernel))

        return {site: (mean(site, m), v) for site, (m, v) in kept.items()}


def _in_time(product, run, x, real, states):
    """Runs parts of the time, one after the other.

    What is done for all steps of a part is done while the loop runs over
    another one.
    """
    outputs, kept, before = [], [], []
    for part, mask in zip(*_split([x, real], 0, 1), strict=True):
        # Or TensorFlow might begin with the last one, and the loop wait.
        with tf.control_dependencies(before):
            y, variance, moments = product(part, mask)
        before = [y if variance is None else variance]
        h, states, more = run(y, variance, moments, mask, states)
        outputs.append(h)
        kept.append(more)
    kept = tf.nest.map_structure(lambda *values: tf.concat(values, 0), *kept)
    return tf.concat(outputs, 0), states, kept


def _by_examples(product, run, x, real, states):
    """Runs parts of the batch side by side, none needs another."""
    parts = zip(
        *_split([x, real], 1, _FEW), *_split(states, 0, _FEW), strict=True
    )
    results = [
        run(*product(x, real), real, states)[:2] for x, real, *states in parts
    ]
    outputs, states = zip(*results, strict=True)
    states = [tf.concat(values, 0) for values in zip(*states, strict=True)]
    return tf.concat(outputs, 1), states


def _split(tensors, axis, least):
    """Splits tensors into parts of equal length, the last may be shorter.

    None is split into as many. A part has `least` positions or more.
    """
    length = tensors[0].shape[axis]
    size = max(least, -(-length // _PARTS))
    sizes = [min(size, length - i) for i in range(0, length, size)]
    return [
        [None] * len(sizes) if x is None else tf.split(x, sizes, axis)
        for x in tensors
    ]
