"""The two loops of a normalized LSTM: its steps, and those of its gradient.

A step is a few kernels of some microseconds around one product, on what is in
the processor's cache. So the steps compute all that is of their size, and
leave to whoever runs them what is one product over all steps.
"""

import dataclasses

import tensorflow as tf

from .recurrent_cells import gates, halves, one_tanh
from .scan import scan
from .standard_scores import Scores


@dataclasses.dataclass(frozen=True)
class LSTMSteps:
    """Runs an LSTM with tanh and sigmoid, and its gradient, over time.

    Attributes:
        scores: how to standardize.
        unroll: whether to write out the loops.
    """

    scores: Scores
    unroll: bool

    def forward(self, z, kernel, gamma, gamma_c, beta, states, around):
        """Returns the last states, and what is saved of all steps.

        Args:
            z: what is added to the normalized recurrent products, (time,
                batch, 4 * units).
            kernel: the recurrent kernel.
            gamma: of the recurrent products.
            gamma_c, beta: of the cell states.
            states: the first h and c.
            around: where there is padding, the sequences `real` and `count`.
        """

        def step(states, now):
            return self._step(states, now, kernel, gamma, gamma_c, beta)

        shapes = self._saved_shapes(states[0].shape)
        sequences = {"z": z, **around}
        return scan(step, states, sequences, shapes, unroll=self.unroll)

    def _step(self, states, now, kernel, gamma, gamma_c, beta):
        scores, (h, c) = self.scores, states
        masks = now.get("real"), now.get("count")
        a, b, mean_h = scores.centered(h, kernel, *masks)
        r = scores.product(a, b)
        variance = scores.mean(tf.square(r), masks[1])
        r *= scores.inverse(variance)
        t = one_tanh(now["z"] + r * gamma)
        i, f, g, o = gates(t)
        raw = f * c + i * g
        d, mean_c = scores.center(raw, *masks)
        variance_c = scores.mean(tf.square(d), masks[1])
        n = d * scores.inverse(variance_c)
        y = tf.tanh(gamma_c * n + beta)
        new = [o * y, raw]
        if "real" in now:
            pairs = zip(new, states, strict=True)
            new = [tf.where(now["real"], s, old) for s, old in pairs]
        # The half before the tanh, and the one behind.
        slope = tf.square(halves(t)) * (1 - tf.square(t))
        saved = {"h": new[0], "f": f, "n": n, "r": r}
        saved |= {"variance": variance, "variance_c": variance_c}
        saved["to_a"] = o * (1 - tf.square(y))
        saved["to_z"] = tf.concat([g, c, i, y], -1) * slope
        if mean_h is not None:
            saved |= {"mean_h": mean_h, "mean_c": mean_c}
        return new, saved

    def _saved_shapes(self, state):
        batch, units = state
        wide = tf.TensorShape([batch, 4 * units])
        shapes = dict.fromkeys(("h", "f", "n", "to_a"), state)
        shapes |= {"r": wide, "to_z": wide}
        if not self.scores.over_batch:
            column = tf.TensorShape([batch, 1])
            return {**shapes, "variance": column, "variance_c": column}
        row = tf.TensorShape([1, units])
        shapes |= dict.fromkeys(("mean_h", "mean_c", "variance_c"), row)
        return {**shapes, "variance": tf.TensorShape([1, 4 * units])}

    def backward(self, saved, kernel, gamma, gamma_c, dy, d_states, around):
        """Returns the gradients to the first states, and those of all steps.

        The latter are of `z`, of the recurrent products without what their
        mean adds, of the normalized cell states, and the means that
        `Scores.slope` returns.

        Args:
            saved: what `forward` returns.
            kernel, gamma, gamma_c, around: as in `forward`.
            dy: the gradient to h of all steps.
            d_states: the gradients to the last states.
        """
        if not self.scores.over_batch:
            kernel = self.scores.center(kernel)[0]
        # A transposed product would be transposed again at each step.
        across = tf.transpose(kernel)

        def step(states, now):
            return self._step_back(states, now, across, gamma, gamma_c)

        inverses = {
            "inverse": self.scores.inverse(saved["variance"]),
            "inverse_c": self.scores.inverse(saved["variance_c"]),
        }
        names = ("f", "n", "r", "to_a", "to_z")
        now = {name: saved[name] for name in names}
        now |= {"dy": dy, **inverses, **around}
        wide, state = saved["r"].shape[1:], dy.shape[1:]
        shapes = {"z": wide, "r": wide, "a": state}
        shapes["slope"] = saved["variance"].shape[1:]
        return scan(step, d_states, now, shapes, True, self.unroll)

    def _step_back(self, states, now, across, gamma, gamma_c):
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
        return new, {"z": d_z, "r": d_r, "a": d_a, "slope": slope}
