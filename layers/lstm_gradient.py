"""The loop of a normalized LSTM with its gradient written by hand.

Autodiff saves more and adds up the recurrent kernel's gradient step by step.
Here it is one product over all steps, behind the loop.
"""

import dataclasses

import tensorflow as tf

from .recurrent_cells import gates, halves, one_tanh
from .scan import scan
from .standard_scores import Scores, counts, over_all, rows


@dataclasses.dataclass(frozen=True)
class LSTMLoop:
    """The time loop of an LSTM with tanh and sigmoid, all of it normalized.

    Attributes:
        scores: how to standardize.
        unroll: whether to write out the loops.
    """

    scores: Scores
    unroll: bool

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
            saved = self._forward(inputs, around)
            results = saved["h"], saved["h"][-1], saved["c"][-1]
            kept = self._moments(saved, inputs[1])

            def gradient(*upstream):
                return self._backward(inputs, around, saved, upstream[:3])

            return (*results, *tf.nest.flatten(kept)), gradient

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

    def _forward(self, inputs, around):
        """Returns what the gradient needs and the caller wants."""
        z, kernel, gamma, gamma_c, beta, *states = inputs
        scores = self.scores

        def step(states, now):
            h, c = states
            masks = now.get("real"), now.get("count")
            a, b, mean_h = scores.centered(h, kernel, *masks)
            r = scores.product(a, b)
            variance = scores.mean(tf.square(r), now.get("count"))
            inverse = scores.inverse(variance)
            t = one_tanh(now["z"] + r * (gamma * inverse))
            i, f, g, o = gates(t)
            raw = f * c + i * g
            d, mean_c = scores.center(raw, *masks)
            variance_c = scores.mean(tf.square(d), now.get("count"))
            n = d * scores.inverse(variance_c)
            y = tf.tanh(gamma_c * n + beta)
            new = [o * y, raw]
            if "real" in now:
                pairs = zip(new, states, strict=True)
                new = [tf.where(now["real"], s, old) for s, old in pairs]
            values = {"t": t, "r": r * inverse, "y": y, "n": n}
            values |= {"variance": variance, "variance_c": variance_c}
            if mean_h is not None:
                values |= {"mean_h": mean_h, "mean_c": mean_c}
            return new, {**values, "h": new[0], "c": new[1]}

        shapes = self._saved_shapes(states[0].shape)
        sequences = {"z": z, **around}
        _, saved = scan(step, states, sequences, shapes, unroll=self.unroll)
        return saved

    def _saved_shapes(self, state):
        batch, units = state
        wide = tf.TensorShape([batch, 4 * units])
        shapes = {**dict.fromkeys(("y", "n", "h", "c"), state)}
        shapes |= {"t": wide, "r": wide}
        if not self.scores.over_batch:
            column = tf.TensorShape([batch, 1])
            return {**shapes, "variance": column, "variance_c": column}
        row = tf.TensorShape([1, units])
        shapes |= dict.fromkeys(("mean_h", "mean_c", "variance_c"), row)
        return {**shapes, "variance": tf.TensorShape([1, 4 * units])}

    def _backward(self, inputs, around, saved, upstream):
        """Returns the gradients to all inputs of `_forward`."""
        _, kernel, gamma, gamma_c, _, *states = inputs
        d_outputs, *d_states = upstream
        before = {
            name: tf.concat([first[tf.newaxis], saved[name][:-1]], 0)
            for name, first in zip(("h", "c"), states, strict=True)
        }
        factors = self._factors(saved, before["c"])
        if not self.scores.over_batch:
            kernel = self.scores.center(kernel)[0]
        # A transposed product would be transposed again at each step.
        across = tf.transpose(kernel)

        def step(states, now):
            return self._step_back(states, now, across, gamma, gamma_c)

        now = {**factors, "dy": d_outputs, **around}
        shapes = [
            *(value.shape for value in states),
            saved["variance"].shape[1:],
        ]
        d_states, d = scan(step, d_states, now, shapes, True, self.unroll)
        d_h, d_c, slope = d
        d_z = tf.concat([d_c, d_c, d_c, d_h], -1) * factors["to_z"]
        d_a = d_h * factors["to_a"]
        r, scores, count = saved["r"], self.scores, around.get("count")
        d_r = scores.gradient(d_z, r, factors["inverse"], gamma, slope)
        return (
            d_z,
            self._to_kernel(before["h"], saved, around, d_r),
            scores.to_gamma(d_z, r, slope, count),
            over_all(d_a * saved["n"]),
            over_all(d_a),
            *d_states,
        )

    def _factors(self, saved, c):
        """Returns what does not depend on the recursion, for all steps."""
        t, y = saved["t"], saved["y"]
        i, f, g, o = gates(t)
        # The half before the tanh, and the one behind.
        slope = tf.square(halves(t)) * (1 - tf.square(t))
        return {
            "f": f,
            "n": saved["n"],
            "r": saved["r"],
            "to_a": o * (1 - tf.square(y)),
            "to_z": tf.concat([g, c, i, y], -1) * slope,
            "inverse": self.scores.inverse(saved["variance"]),
            "inverse_c": self.scores.inverse(saved["variance_c"]),
        }

    def _to_kernel(self, h, saved, around, d_r):
        scores, real = self.scores, around.get("real")
        if scores.over_batch:
            h = h - saved["mean_h"]
            if real is not None:
                h = tf.where(real, h, tf.zeros([], h.dtype))
        d = scores.product(rows(h), rows(d_r), transpose_a=True)
        return d if scores.over_batch else scores.center(d)[0]

    def _step_back(self, states, now, across, gamma, gamma_c):
        """Returns the gradients to the step's states, and those to keep."""
        d_h, d_c = states[0] + now["dy"], states[1]
        masks = now.get("real"), now.get("count")
        if "real" in now:
            # A step that is padding hands its gradients on.
            real, zero = now["real"], tf.zeros_like(d_h)
            past = [tf.where(real, zero, d) for d in (d_h, d_c)]
            d_h, d_c = (tf.where(real, d, zero) for d in (d_h, d_c))
        scores, count = self.scores, masks[1]
        d_a = d_h * now["to_a"]
        slope = scores.slope(d_a, now["n"], gamma_c, count)
        d_n = scores.gradient(d_a, now["n"], now["inverse_c"], gamma_c, slope)
        d_c += scores.center(d_n, *masks)[0]
        d_z = tf.concat([d_c, d_c, d_c, d_h], -1) * now["to_z"]
        slope = scores.slope(d_z, now["r"], gamma, count)
        d_r = scores.gradient(d_z, now["r"], now["inverse"], gamma, slope)
        back = scores.product(d_r, across)
        if scores.over_batch:
            back = scores.center(back, *masks)[0]
        new = [back, d_c * now["f"]]
        if "real" in now:
            new = [own + other for own, other in zip(new, past, strict=True)]
        return new, [d_h, d_c, slope]
