"""The loop of a normalized LSTM with its gradient written by hand.

Autodiff saves more and adds up the recurrent kernel's gradient step by step.
Here it is one product over all steps, behind the loop.
"""

import functools

import tensorflow as tf

from .compiled import compiled
from .lstm_steps import LSTMSteps
from .standard_scores import counts, over_all, rows


class LSTMLoop:
    """The time loop of an LSTM with tanh and sigmoid, all of it normalized.

    Args:
        scores: how to standardize.
        unroll: whether to write out the loops.
        jit_compile: whether to compile the two loops alone with XLA.
    """

    def __init__(self, scores, unroll=False, jit_compile=False):
        self.scores = scores
        steps = LSTMSteps(scores, unroll)
        self._forward, self._backward = steps.forward, steps.backward
        if jit_compile:
            self._forward, self._backward = _compiled(steps)

    def run(self, z, kernel, gammas, beta, states, real):
        """Runs the loop.

        Args:
            z: what is added to the normalized recurrent products, (time,
                batch, 4 * units).
            kernel: the recurrent kernel.
            gammas: of the recurrent product and of the cell state.
            beta: of the cell state.
            states: the first h and c.
            real: where there is no padding, (time, batch, 1), or None.

        Returns:
            h of all steps, the last states, and mean and variance of the
            recurrent product and the cell state at all steps, or no moments
            if they are those of the features. They have no gradient.
        """
        around = {}
        if real is not None:
            around = {"real": real, "count": counts(real, z.dtype)}

        @tf.custom_gradient
        def run(*inputs):
            *weights, h, c = inputs
            last, saved = self._forward(*weights, [h, c], around)
            kept = self._moments(saved, inputs[1])

            def gradient(*upstream):
                return self._gradient(inputs, around, saved, upstream[:3])

            return (saved["h"], *last, *tf.nest.flatten(kept)), gradient

        outputs, h, c, *kept = run(z, kernel, *gammas, beta, *states)
        if not kept:
            return outputs, [h, c], {}
        kept = [tf.stop_gradient(value) for value in kept]
        # Nests are flattened in the order of their keys.
        cell, recurrent = tuple(kept[:2]), tuple(kept[2:])
        return outputs, [h, c], {"recurrent": recurrent, "cell": cell}

    def _moments(self, saved, kernel):
        if not self.scores.over_batch:
            return {}
        mean = self.scores.mean_of_product(saved["mean_h"], kernel)
        return {
            "recurrent": (mean, saved["variance"]),
            "cell": (saved["mean_c"], saved["variance_c"]),
        }

    def _gradient(self, inputs, around, saved, upstream):
        """Returns the gradients to all inputs of `run`."""
        _, kernel, gamma, gamma_c, _, h, _ = inputs
        dy, *d_states = upstream
        d_states, d = self._backward(
            saved, kernel, gamma, gamma_c, dy, d_states, around
        )
        count = around.get("count")
        return (
            d["z"],
            self._to_kernel(h, saved, around, d["r"]),
            self.scores.to_gamma(d["z"], saved["r"], d["slope"], count),
            over_all(d["a"] * saved["n"]),
            over_all(d["a"]),
            *d_states,
        )

    def _to_kernel(self, first, saved, around, d_r):
        scores, real = self.scores, around.get("real")
        h = tf.concat([first[tf.newaxis], saved["h"][:-1]], 0)
        if scores.over_batch:
            h -= saved["mean_h"]
            if real is not None:
                h = tf.where(real, h, tf.zeros([], h.dtype))
        d = scores.product(rows(h), rows(d_r), transpose_a=True)
        return d if scores.over_batch else scores.center(d)[0]


@functools.cache  # for all layers, parts and graphs
def _compiled(steps):
    return compiled(steps.forward), compiled(steps.backward)
