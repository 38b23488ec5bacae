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

    def run(self, y, mean, weights, states, real):
        """Runs the loop.

        Args:
            y: the input's products, (time, batch, 4 * units), centered if
                they are to be standardized.
            mean: what was taken from `y`, if its moments are to be kept.
            weights: the recurrent `kernel`, `gamma_recurrent`, `gamma_cell`,
                `beta_cell`, and what is added to the input's products,
                `shift`. With a `gamma_input` they are standardized before.
            states: the first h and c.
            real: where there is no padding, (time, batch, 1), or None.

        Returns:
            h of all steps, the last states, and mean and variance at all
            steps of the input's and the recurrent products and the cell
            states; none of the features. They have no gradient.
        """
        around = {}
        if real is not None:
            around = {"real": real, "count": counts(real, y.dtype)}
        kept = {}
        if "gamma_input" in weights:
            variance = self.scores.variance(y, around.get("count"))
            if mean is not None:
                kept["input"] = mean, tf.stop_gradient(variance)
            around["inverse"] = self.scores.inverse(variance)
        names = list(weights)

        @tf.custom_gradient
        def run(*inputs):
            y, *values, h, c = inputs
            weights = dict(zip(names, values, strict=True))
            last, saved = self._forward(y, weights, [h, c], around)
            moments = self._moments(saved, weights["kernel"])

            def gradient(dh, *d_states_and_more):
                dy, d_weights, d_states = self._gradient(
                    y, weights, h, around, saved, dh, d_states_and_more[:2]
                )
                return dy, *(d_weights[name] for name in names), *d_states

            return (saved["h"], *last, *moments), gradient

        outputs, h, c, *moments = run(y, *weights.values(), *states)
        if moments:
            moments = [tf.stop_gradient(value) for value in moments]
            kept["recurrent"], kept["cell"] = moments[:2], moments[2:]
        return outputs, [h, c], kept

    def _moments(self, saved, kernel):
        if not self.scores.over_batch:
            return []
        mean = self.scores.mean_of_product(saved["mean_h"], kernel)
        cell = saved["mean_c"], saved["variance_c"]
        return [mean, saved["variance"], *cell]

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
        if scores.over_batch:
            h -= saved["mean_h"]
            if real is not None:
                h = tf.where(real, h, tf.zeros([], h.dtype))
        d = scores.product(rows(h), rows(d_r), transpose_a=True)
        return d if scores.over_batch else scores.center(d)[0]


@functools.cache  # for all layers, parts and graphs
def _compiled(steps):
    return compiled(steps.forward), compiled(steps.backward)
