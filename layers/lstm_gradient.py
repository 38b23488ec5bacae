"""The loop of a normalized LSTM with its gradient written by hand.

Autodiff saves more and adds up the recurrent kernel's gradient step by step.
Here it is one product over all steps, behind the loop, and what does not
depend on the recursion is computed in front of it.
"""

import dataclasses

import tensorflow as tf

from .arithmetic import moments
from .scan import scan
from .sums import total


@dataclasses.dataclass(frozen=True)
class LSTMLoop:
    """The time loop of an LSTM with tanh and sigmoid, all of it normalized.

    Attributes:
        over_batch: whether to normalize over the batch, not the features.
        epsilon: added to the variance.
        dtype: of the products.
        unroll: whether to write out the loops.
    """

    over_batch: bool
    epsilon: float
    dtype: str
    unroll: bool

    @property
    def axis(self):
        """The axis to normalize over, of (batch, features)."""
        return 0 if self.over_batch else 1

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
            recurrent product and the cell state at all steps. The moments have
            no gradient.
        """

        @tf.custom_gradient
        def run(*inputs):
            saved = self._forward(inputs[:5], list(inputs[5:]), real)
            of_steps = [saved["of"][s][:2] for s in ("recurrent", "cell")]
            results = saved["h"], saved["h"][-1], saved["c"][-1]

            def gradient(*upstream):
                return self._backward(inputs, real, saved, upstream[:3])

            return (*results, *tf.nest.flatten(of_steps)), gradient

        outputs, h, c, *kept = run(z, kernel, *gammas, beta, *states)
        kept = [tf.stop_gradient(value) for value in kept]
        kept = {"recurrent": tuple(kept[:2]), "cell": tuple(kept[2:])}
        return outputs, [h, c], kept

    def _product(self, a, b, **kwargs):
        narrow = tf.cast(a, self.dtype), tf.cast(b, self.dtype)
        return tf.cast(tf.matmul(*narrow, **kwargs), a.dtype)

    def _standardize(self, x, real):
        mean, variance, _ = moments(x, [self.axis], real)
        inverse = tf.math.rsqrt(variance + self.epsilon)
        return (x - mean) * inverse, (mean, variance, inverse)

    def _forward(self, weights, states, real):
        """Returns what the gradient needs and the caller wants."""
        z, kernel, gamma, gamma_cell, beta = weights

        def step(states, now):
            h, c = states
            mask = now.get("real") if self.over_batch else None
            r, of_r = self._standardize(self._product(h, kernel), mask)
            i, f, g, o = tf.split(now["z"] + gamma * r, 4, -1)
            i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
            raw = f * c + i * g
            n, of_n = self._standardize(raw, mask)
            a = tf.tanh(gamma_cell * n + beta)
            new = [o * a, raw]
            if real is not None:
                pairs = zip(new, states, strict=True)
                new = [tf.where(now["real"], s, old) for s, old in pairs]
            values = {"gates": [i, f, g, o], "a": a, "r": r, "n": n}
            values |= {"h": new[0], "c": new[1]}
            return new, {**values, "of": {"cell": of_n, "recurrent": of_r}}

        sequences = {"z": z} if real is None else {"z": z, "real": real}
        shapes = self._saved_shapes(states[0].shape)
        _, saved = scan(step, states, sequences, shapes, unroll=self.unroll)
        return saved

    def _saved_shapes(self, state):
        batch, units = state
        sizes = {"cell": units, "recurrent": 4 * units}
        shapes = {
            site: tf.TensorShape([1, size] if self.over_batch else [batch, 1])
            for site, size in sizes.items()
        }
        return {
            **dict.fromkeys(("a", "n", "h", "c"), state),
            "gates": [state] * 4,
            "r": tf.TensorShape([batch, 4 * units]),
            "of": {site: (shape,) * 3 for site, shape in shapes.items()},
        }

    def _backward(self, inputs, real, saved, upstream):
        """Returns the gradients to all inputs of `_forward`."""
        _, kernel, gamma, gamma_cell, _, h, c = inputs
        d_outputs, d_h, d_c = upstream
        factors = _factors(saved, c, gamma_cell)
        factors |= {"dy": d_outputs, "count": _counts(d_outputs, real)}
        factors |= {} if real is None else {"real": real}

        def step(states, now):
            return self._step_back(states, now, kernel, gamma)

        shapes = {"z": saved["r"].shape[1:], "r": saved["r"].shape[1:]}
        shapes["h"] = d_h.shape
        (d_h, d_c), d = scan(
            step, [d_h, d_c], factors, shapes, True, self.unroll
        )
        before = tf.concat([h[tf.newaxis], saved["h"][:-1]], 0)
        d_a = d["h"] * factors["to_a"]
        return (
            d["z"],
            self._product(_rows(before), _rows(d["r"]), transpose_a=True),
            _over_all(d["z"] * saved["r"]),
            _over_all(d_a * saved["n"]),
            _over_all(d_a),
            d_h,
            d_c,
        )

    def _step_back(self, states, now, kernel, gamma):
        """Returns the gradients to the step's states, and those to keep."""
        d_h, d_c = states[0] + now["dy"], states[1]
        around = None
        if "real" in now:
            # A step that is padding hands its gradients on.
            real, zero = now["real"], tf.zeros_like(d_h)
            around = [tf.where(real, zero, d) for d in (d_h, d_c)]
            d_h, d_c = (tf.where(real, d, zero) for d in (d_h, d_c))
        d_n = d_h * now["to_n"]
        d_c = d_c + self._unstandardize(d_n, now["n"], now["inverse_n"], now)
        d_z = tf.concat([d_c, d_c, d_c, d_h], -1) * now["to_z"]
        d_r = self._unstandardize(d_z * gamma, now["r"], now["inverse_r"], now)
        new = [self._product(d_r, kernel, transpose_b=True), d_c * now["f"]]
        if around is not None:
            new = [own + other for own, other in zip(new, around, strict=True)]
        return new, {"z": d_z, "r": d_r, "h": d_h}

    def _unstandardize(self, dy, y, inverse, now):
        """Returns the gradient to x of y = (x - mean) * inverse."""
        size = now["count"] if self.over_batch else y.shape[1]
        offset = total(dy, (self.axis,)) / size
        slope = total(dy * y, (self.axis,)) / size
        dx = inverse * (dy - offset - y * slope)
        if self.over_batch and "real" in now:
            dx = tf.where(now["real"], dx, tf.zeros_like(dx))
        return dx


def _factors(saved, c, gamma_cell):
    """Returns what does not depend on the recursion, for all steps."""
    i, f, g, o = saved["gates"]
    a = saved["a"]
    before = tf.concat([c[tf.newaxis], saved["c"][:-1]], 0)
    to_a = o * (1 - tf.square(a))
    to_z = [
        g * i * (1 - i),
        before * f * (1 - f),
        i * (1 - tf.square(g)),
        a * o * (1 - o),
    ]
    return {
        "f": f,
        "n": saved["n"],
        "r": saved["r"],
        "to_a": to_a,
        "to_n": to_a * gamma_cell,
        "to_z": tf.concat(to_z, -1),
        "inverse_n": saved["of"]["cell"][2],
        "inverse_r": saved["of"]["recurrent"][2],
    }


def _rows(x):
    return tf.reshape(x, [-1, x.shape[-1]])


def _over_all(x):
    return tf.reshape(total(_rows(x), (0,)), [-1])


def _counts(z, real):
    """Returns how many examples reach each step, 1 at least, (time, 1, 1)."""
    if real is None:
        batch = tf.cast(tf.shape(z)[1], z.dtype)
        return tf.fill([tf.shape(z)[0], 1, 1], batch)
    count = tf.reduce_sum(tf.cast(real, z.dtype), 1, keepdims=True)
    return tf.maximum(count, 1)
