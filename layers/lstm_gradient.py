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
        axis: 0 to normalize over the batch, 1 over the features.
        epsilon: added to the variance.
        dtype: of the products.
        unroll: whether to write out the loops.
    """

    axis: int
    epsilon: float
    dtype: str
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
            recurrent product and the cell state at all steps. The moments have
            no gradient.
        """

        @tf.custom_gradient
        def run(z, kernel, gamma, gamma_cell, beta, h, c):
            saved = self._forward(
                (z, kernel, gamma, gamma_cell, beta), [h, c], real
            )
            moments_of_steps = tf.nest.flatten(saved["kept"])
            ends = saved["h"][-1], saved["c"][-1]

            def gradient(d_outputs, d_h, d_c, *_):
                return self._backward(
                    (kernel, gamma, gamma_cell, h, c),
                    real,
                    saved,
                    (d_outputs, d_h, d_c),
                )

            return (saved["h"], *ends, *moments_of_steps), gradient

        outputs, h, c, *kept = run(z, kernel, *gammas, beta, *states)
        kept = [tf.stop_gradient(value) for value in kept]
        kept = {"cell": tuple(kept[:2]), "recurrent": tuple(kept[2:])}
        return outputs, [h, c], kept

    def _product(self, a, b, transpose_b=False):
        a, b, wide = tf.cast(a, self.dtype), tf.cast(b, self.dtype), a.dtype
        return tf.cast(tf.matmul(a, b, transpose_b=transpose_b), wide)

    def _standardize(self, x, real):
        mean, variance, _ = moments(x, [self.axis], real)
        inverse = tf.math.rsqrt(variance + self.epsilon)
        return (x - mean) * inverse, inverse, (mean, variance)

    def _forward(self, weights, states, real):
        z, kernel, gamma, gamma_cell, beta = weights

        def step(states, now):
            h, c = states
            mask = now.get("real") if self.axis == 0 else None
            r = self._product(h, kernel)
            r, inverse, moments_of_r = self._standardize(r, mask)
            i, f, g, o = tf.split(now["z"] + gamma * r, 4, -1)
            i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
            new_c = f * c + i * g
            n, inverse_cell, moments_of_c = self._standardize(new_c, mask)
            a = tf.tanh(gamma_cell * n + beta)
            new = [o * a, new_c]
            if real is not None:
                pairs = zip(new, states, strict=True)
                new = [tf.where(now["real"], s, old) for s, old in pairs]
            return new, {
                "gates": [i, f, g, o],
                "r": r,
                "n": n,
                "a": a,
                "h": new[0],
                "c": new[1],
                "inverses": [inverse, inverse_cell],
                "kept": {"cell": moments_of_c, "recurrent": moments_of_r},
            }

        sequences = {"z": z} if real is None else {"z": z, "real": real}
        shapes = self._saved_shapes(states[0].shape)
        _, saved = scan(step, states, sequences, shapes, unroll=self.unroll)
        return saved

    def _saved_shapes(self, state):
        batch, units = state
        wide = tf.TensorShape([batch, 4 * units])
        one = [1, None] if self.axis == 0 else [batch, 1]
        of_r, of_c = (
            tf.TensorShape([one[0], one[1] or size])
            for size in (4 * units, units)
        )
        return {
            "gates": [state] * 4,
            "r": wide,
            **{name: state for name in ("n", "a", "h", "c")},
            "inverses": [of_r, of_c],
            "kept": {"cell": (of_c, of_c), "recurrent": (of_r, of_r)},
        }

    def _backward(self, inputs, real, saved, upstream):
        kernel, gamma, gamma_cell, h, c = inputs
        d_outputs, d_h, d_c = upstream
        i, f, g, o = saved["gates"]
        a, n, r = saved["a"], saved["n"], saved["r"]
        c_before = tf.concat([c[tf.newaxis], saved["c"][:-1]], 0)
        h_before = tf.concat([h[tf.newaxis], saved["h"][:-1]], 0)
        through_o = o * (1 - tf.square(a))
        sequences = {
            "dy": d_outputs,
            # What the gradients of c and h are multiplied by.
            "by_c": tf.concat(
                [g * i * (1 - i), c_before * f * (1 - f), i * (1 - g * g)], -1
            ),
            "by_h": a * o * (1 - o),
            "f": f,
            "n": n,
            "r": r,
            "to_n": through_o * gamma_cell,
            "inverses": saved["inverses"],
            "count": _counts(d_outputs, real),
        }
        if real is not None:
            sequences["real"] = real

        def step(states, now):
            d_h, d_c = states
            d_h = d_h + now["dy"]
            passed = [tf.zeros_like(d_h)] * 2
            if real is not None:
                both = (d_h, d_c)
                zero = tf.zeros_like(d_h)
                passed = [tf.where(now["real"], zero, d) for d in both]
                d_h, d_c = (tf.where(now["real"], d, zero) for d in both)
            inverse, inverse_cell = now["inverses"]
            d_n = d_h * now["to_n"]
            d_c = d_c + self._unstandardize(d_n, now["n"], inverse_cell, now)
            d_z = tf.concat([d_c, d_c, d_c], -1) * now["by_c"]
            d_z = tf.concat([d_z, d_h * now["by_h"]], -1)
            d_r = self._unstandardize(d_z * gamma, now["r"], inverse, now)
            before = self._product(d_r, kernel, transpose_b=True)
            new = [before + passed[0], d_c * now["f"] + passed[1]]
            return new, {"d_z": d_z, "d_r": d_r, "d_h": d_h}

        state = d_h.shape
        wide = tf.TensorShape([state[0], 4 * state[1]])
        shapes = {"d_z": wide, "d_r": wide, "d_h": state}
        (d_h, d_c), steps = scan(
            step, [d_h, d_c], sequences, shapes, True, self.unroll
        )
        d_a = steps["d_h"] * through_o

        def rows(x):
            return tf.reshape(x, [-1, x.shape[-1]])

        d_kernel = tf.matmul(
            tf.cast(rows(h_before), self.dtype),
            tf.cast(rows(steps["d_r"]), self.dtype),
            transpose_a=True,
        )

        def over_all(x):
            return tf.reshape(total(rows(x), (0,)), [-1])

        return (
            steps["d_z"],
            tf.cast(d_kernel, kernel.dtype),
            over_all(steps["d_z"] * r),
            over_all(d_a * n),
            over_all(d_a),
            d_h,
            d_c,
        )

    def _unstandardize(self, dy, y, inverse, now):
        """Returns the gradient to x of y = (x - mean) * inverse."""
        size = now["count"] if self.axis == 0 else y.shape[1]
        offset = total(dy, (self.axis,)) / size
        slope = total(dy * y, (self.axis,)) / size
        dx = inverse * (dy - offset - y * slope)
        if self.axis == 0 and "real" in now:
            dx = tf.where(now["real"], dx, tf.zeros_like(dx))
        return dx


def _counts(z, real):
    """Returns how many examples reach each step, 1 at least, (time, 1, 1)."""
    if real is None:
        batch = tf.cast(tf.shape(z)[1], z.dtype)
        return tf.fill([tf.shape(z)[0], 1, 1], batch)
    count = tf.reduce_sum(tf.cast(real, z.dtype), 1, keepdims=True)
    return tf.maximum(count, 1)
