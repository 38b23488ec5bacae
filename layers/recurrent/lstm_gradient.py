"""The loop of a normalized LSTM with its gradient written by hand.

Autodiff saves more and adds up the recurrent kernel's gradient step by step.
Here it is one product over all steps, behind the loop.
"""

import functools

import tensorflow as tf

from ..numerics.compiled import compiled
from ..numerics.standard_scores import counts, over_all, rows
from .lstm_steps import LSTMSteps


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

    def run(self, y, variance, weights, states, real):
        """Runs the loop.

        Args:
            y: the input's products, (time, batch, 4 * units), centered if
                they are to be standardized.
            variance: that of `y`, if it is to be standardized.
            weights: the recurrent `kernel`, `gamma_recurrent`, `gamma_cell`,
                `beta_cell`, and what is added to the input's products,
                `shift`. With a `gamma_input` they are standardized before.
            states: the first h and c.
            real: where there is no padding, (time, batch, 1), or None.

        Returns:
            h of all steps, the last states, and without a gradient, over the
            batch, at all steps: the mean of the states of which the recurrent
            products are made, and their variance; and both of the cell states.
        """
        around = {}
        if real is not None:
            around = {"real": real, "count": counts(real, y.dtype)}
        if variance is not None:
            around["inverse"] = self.scores.inverse(variance)
        names = list(weights)

        @tf.custom_gradient
        def run(*inputs):
            y, *values, h, c = inputs
            weights = dict(zip(names, values, strict=True))
            last, saved = self._forward(y, weights, [h, c], around)
            moments = [saved[name] for name in self._moments]

            def gradient(dh, *d_states_and_more):
                dy, d_weights, d_states = self._gradient(
                    y, weights, h, around, saved, dh, d_states_and_more[:2]
                )
                return dy, *(d_weights[name] for name in names), *d_states

            return (saved["h"], *last, *moments), gradient

        outputs, h, c, *moments = run(y, *weights.values(), *states)
        kept = {}
        if moments:
            moments = [tf.stop_gradient(value) for value in moments]
            kept = {"recurrent": moments[:2], "cell": moments[2:]}
        return outputs, [h, c], kept

    @property
    def _moments(self):
        names = ("mean_h", "variance", "mean_c", "variance_c")
        return names if self.scores.shares_moments else ()

    def _gradient(self, y, weights, first, around, saved, dh, d_states):
        """Returns the gradients to y, to the weights, and to the states."""
        d_states, sums, d = self._backward(
            y, saved, weights, dh, list(d_states), around
        )
        d_weights = {name: over_all(value) for name, value in sums.items()}
        d_weights["kernel"] = self._to_kernel(first, saved, around, d["r"])
        return d["y"], d_weights, d_states

    def _to_kernel(self, first, saved, around, d_r):
        scores, real = self.scores, around.get("real")
        h = tf.concat([first[tf.newaxis], saved["h"][:-1]], 0)
        if scores.shares_moments:
            h -= saved["mean_h"]
            if real is not None:
                h = tf.where(real, h, tf.zeros([], h.dtype))
        d = scores.product(rows(h), rows(d_r), transpose_a=True)
        return scores.center_kernel(d)


@functools.cache  # for all layers, parts and graphs
def _compiled(steps):
    return compiled(steps.forward), compiled(steps.backward)
