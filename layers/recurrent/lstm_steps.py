"""The two loops of a normalized LSTM: its steps, and those of its gradient.

A step is a few kernels of some microseconds around one product, on what is in
the processor's cache. So the steps compute all that is of their size, and
leave to whoever runs them what is one product over all steps.
"""

import dataclasses

import tensorflow as tf

from ..numerics.scan import scan
from ..numerics.standard_scores import Scores
from .steps import gates, halves, one_tanh


@dataclasses.dataclass(frozen=True)
class LSTMSteps:
    """Runs an LSTM with tanh and sigmoid, and its gradient, over time.

    Attributes:
        scores: how to standardize.
        unroll: whether to write out the loops.
    """

    scores: Scores
    unroll: bool

    def forward(self, y, weights, states, around):
        """Returns the last states, and what is saved of all steps.

        Args:
            y: the centered products of the input, (time, batch, 4 * units).
            weights: see `LSTMLoop.run`.
            states: the first h and c.
            around: the sequence `inverse`, if the input's products are to be
                standardized, and where there is padding `real` and `count`.
        """

        def step(states, now):
            return self._step(states, now, weights)

        shapes = self._saved_shapes(states[0].shape)
        sequences = {"y": y, **around}
        return scan(step, states, sequences, shapes, unroll=self.unroll)

    def _step(self, states, now, weights):
        scores, (h, c) = self.scores, states
        masks = now.get("real"), now.get("count")
        z = now["y"]
        if "inverse" in now:
            z = scores.scale(z, now["inverse"], weights["gamma_input"])
        a, b, mean_h = scores.centered(h, weights["kernel"], *masks)
        r = scores.product(a, b)
        variance = scores.variance(r, masks[1])
        inverse = scores.inverse(variance)
        z += scores.scale(r, inverse, weights["gamma_recurrent"])
        z += weights["shift"]
        t = one_tanh(z)
        i, f, g, o = gates(t)
        raw = f * c + i * g
        centered, mean_c = scores.center(raw, *masks)
        variance_c = scores.variance(centered, masks[1])
        inverse = scores.inverse(variance_c)
        n = scores.scale(centered, inverse, weights["gamma_cell"])
        y = tf.tanh(n + weights["beta_cell"])
        new = [o * y, raw]
        if "real" in now:
            pairs = zip(new, states, strict=True)
            new = [tf.where(now["real"], s, old) for s, old in pairs]
        # The half before the tanh, and the one behind.
        slope = tf.square(halves(t)) * (1 - tf.square(t))
        saved = {"h": new[0], "f": f, "centered_c": centered, "r": r}
        saved |= {"variance": variance, "variance_c": variance_c}
        saved["to_a"] = o * (1 - tf.square(y))
        saved["to_z"] = tf.concat([g, c, i, y], -1) * slope
        if mean_h is not None:
            saved |= {"mean_h": mean_h, "mean_c": mean_c}
        return new, saved

    def _saved_shapes(self, state):
        batch, units = state
        wide = tf.TensorShape([batch, 4 * units])
        shapes = dict.fromkeys(("h", "f", "centered_c", "to_a"), state)
        shapes |= {"r": wide, "to_z": wide}
        if not self.scores.shares_moments:
            column = tf.TensorShape([batch, 1])
            return {**shapes, "variance": column, "variance_c": column}
        row = tf.TensorShape([1, units])
        shapes |= dict.fromkeys(("mean_h", "mean_c", "variance_c"), row)
        return {**shapes, "variance": tf.TensorShape([1, 4 * units])}

    def backward(self, y, saved, weights, dh, d_states, around):
        """Returns three gradients.

        Those to the first states; to the weights but the kernel, as rows that
        are still to be added up; and of all steps those to the products of the
        input and of h, without what their mean adds.

        Args:
            y, weights, around: as in `forward`.
            saved: what `forward` returns.
            dh: the gradient to h of all steps.
            d_states: the gradients to the last states.
        """
        kernel = self.scores.center_kernel(weights["kernel"])
        # A transposed product would be transposed again at each step.
        across = tf.transpose(kernel)

        def step(states, now):
            *states, sums = states
            states, more, products = self._step_back(
                states, now, across, weights
            )
            sums = {name: sums[name] + more[name] for name in sums}
            return [*states, sums], products

        names = ("f", "centered_c", "r", "to_a", "to_z")
        now = {name: saved[name] for name in names}
        now |= {"y": y, "dh": dh, **around}
        now["inverse_r"] = self.scores.inverse(saved["variance"])
        now["inverse_c"] = self.scores.inverse(saved["variance_c"])
        sums = self._first_sums(saved, "inverse" in around)
        shapes = dict.fromkeys(("y", "r"), y.shape[1:])
        (*d_states, sums), products = scan(
            step, [*d_states, sums], now, shapes, True, self.unroll
        )
        return d_states, sums, products

    def _first_sums(self, saved, with_input):
        names = ("r", "f")
        if self.scores.shares_moments:
            names = ("variance", "variance_c")
        wide, narrow = (tf.zeros_like(saved[name][0]) for name in names)
        sums = {"shift": wide, "beta_cell": narrow}
        sums |= {"gamma_recurrent": wide, "gamma_cell": narrow}
        return {**sums, "gamma_input": wide} if with_input else sums

    def _step_back(self, states, now, across, weights):
        d_h, d_c = states[0] + now["dh"], states[1]
        masks = now.get("real"), now.get("count")
        if "real" in now:
            # A step that is padding hands its gradients on.
            real, zero = now["real"], tf.zeros_like(d_h)
            past = [tf.where(real, zero, d) for d in (d_h, d_c)]
            d_h, d_c = (tf.where(real, d, zero) for d in (d_h, d_c))
        sums, scores = {}, self.scores

        def through(site, dy, x, inverse):
            gamma = weights[f"gamma_{site}"]
            d, sums[f"gamma_{site}"] = scores.gradient(
                dy, x, inverse, gamma, masks[1]
            )
            return d

        d_a = d_h * now["to_a"]
        d_n = through("cell", d_a, now["centered_c"], now["inverse_c"])
        d_c += scores.center(d_n, *masks)[0]
        d_z = tf.concat([d_c, d_c, d_c, d_h], -1) * now["to_z"]
        d_r = through("recurrent", d_z, now["r"], now["inverse_r"])
        d_y = d_z
        if "inverse" in now:
            d_y = through("input", d_z, now["y"], now["inverse"])
        back = scores.product(d_r, across)
        back = scores.center_examples(back, *masks)
        new = [back, d_c * now["f"]]
        if "real" in now:
            new = [own + other for own, other in zip(new, past, strict=True)]
        sums |= {"shift": scores.summed(d_z), "beta_cell": scores.summed(d_a)}
        return new, sums, {"y": d_y, "r": d_r}
