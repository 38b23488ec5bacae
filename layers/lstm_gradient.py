"""The loop of a normalized LSTM with its gradient written by hand.

Autodiff saves more and adds up the recurrent kernel's gradient step by step.
Here it is one product over all steps, behind the loop.
"""

import dataclasses

import tensorflow as tf

from .scan import scan
from .standard_scores import Scores, counts, rows
from .sums import total


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
            count = tf.map_fn(lambda r: counts(r, z.dtype), real, z.dtype)
            around = {"real": real, "count": count}

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
        mean = self.scores.product(saved["mean_h"], kernel)
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
            t = tf.tanh(_half(r) * (now["z"] + r * (gamma * inverse)))
            i, f, g, o = tf.split(t, 4, -1)
            raw = _gate(f) * c + _gate(i) * g
            d, mean_c = scores.center(raw, *masks)
            variance_c = scores.mean(tf.square(d), now.get("count"))
            n = d * scores.inverse(variance_c)
            y = tf.tanh(gamma_c * n + beta)
            new = [_gate(o) * y, raw]
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
        _, kernel, gamma, gamma_c, _, h, c = inputs
        d_outputs, d_h, d_c = upstream
        before = {
            name: tf.concat([first[tf.newaxis], saved[name][:-1]], 0)
            for name, first in (("h", h), ("c", c))
        }
        now = {name: saved[name] for name in ("t", "r", "y", "n")}
        now |= {"c": before["c"], "dy": d_outputs, **around}
        now["inverse"] = self.scores.inverse(saved["variance"])
        now["inverse_c"] = self.scores.inverse(saved["variance_c"])
        if not self.scores.over_batch:
            kernel = self.scores.center(kernel)[0]
        # A transposed product would be transposed again at each step.
        across = tf.transpose(kernel)

        def step(states, now):
            return self._step_back(states, now, across, gamma, gamma_c)

        wide = saved["t"].shape[1:]
        shapes = {"z": wide, "r": wide, "a": d_h.shape}
        states, d = scan(step, [d_h, d_c], now, shapes, True, self.unroll)
        return (
            d["z"],
            self._to_kernel(before["h"], saved, around, d["r"]),
            _over_all(d["z"] * saved["r"]),
            _over_all(d["a"] * saved["n"]),
            _over_all(d["a"]),
            *states,
        )

    def _to_kernel(self, h, saved, around, d_r):
        if self.scores.over_batch:
            h = h - saved["mean_h"]
            if around:
                h = tf.where(around["real"], h, tf.zeros([], h.dtype))
        d = self.scores.product(rows(h), rows(d_r), transpose_a=True)
        return d if self.scores.over_batch else self.scores.center(d)[0]

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
        i, f, g, o = tf.split(now["t"], 4, -1)
        d_a = d_h * _gate(o) * (1 - tf.square(now["y"]))
        d_n = d_a * gamma_c
        d_n = scores.gradient(d_n, now["n"], now["inverse_c"], count)
        d_c += scores.center(d_n, *masks)[0]
        to_gates = [d_c * g, d_c * now["c"], d_c * _gate(i), d_h * now["y"]]
        # The half before the tanh, and the one behind.
        d_z = tf.concat(to_gates, -1) * tf.square(_half(now["t"]))
        d_z *= 1 - tf.square(now["t"])
        d_r = scores.gradient(d_z * gamma, now["r"], now["inverse"], count)
        back = scores.product(d_r, across)
        if scores.over_batch:
            back = scores.center(back, *masks)[0]
        new = [back, d_c * _gate(f)]
        if "real" in now:
            new = [own + other for own, other in zip(new, past, strict=True)]
        return new, {"z": d_z, "r": d_r, "a": d_a}


def _half(x):
    """Returns what the gates are multiplied by, to be all a tanh.

    sigmoid(x) = 1/2 + tanh(x/2) / 2, and one tanh of all is fast under XLA.
    """
    units = x.shape[-1] // 4
    return tf.repeat(tf.constant([0.5, 0.5, 1, 0.5], x.dtype), units)


def _gate(t):
    return 0.5 + 0.5 * t


def _over_all(x):
    return tf.reshape(total(rows(x), (0,)), [-1])
