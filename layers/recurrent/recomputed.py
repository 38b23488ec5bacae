"""A loop in parts of the time, each of which runs again for its gradient."""

import dataclasses
import math
from collections.abc import Callable

import tensorflow as tf

from ..numerics.recomputing import recomputed
from ..numerics.scan import scan
from .recurrence import Recurrence


@dataclasses.dataclass(frozen=True)
class Recomputed:
    """Runs a loop and keeps nothing of it but the states between its parts.

    T steps are about sqrt(T) parts. What the gradient needs of a part is
    computed again when its turn has come, so it is there for one at a time.

    Attributes:
        recurrence: what is computed.
        source: where the moments come from, see `moments`.
        loop: a function of a recurrence and of a part's inputs that returns
            the loop for them.
    """

    recurrence: Recurrence
    source: object
    loop: Callable

    def run(self, x, real, states):
        """Returns h of all steps or None, the last states, and kept moments.

        Args:
            x: (time, batch, features).
            real: where there is no padding, (time, batch, 1), or None.
            states: a list of tensors, h first.

        Raises:
            ValueError: the number of steps is not known.
        """
        length = _known(x.shape[0])
        size = max(math.isqrt(length), 1)
        count, rest = divmod(length, size)
        sequences = {"x": x} if real is None else {"x": x, "real": real}
        first = {k: v[: length - rest] for k, v in sequences.items()}
        first = {k: _split(v, count, size) for k, v in first.items()}
        last = {k: v[length - rest :] for k, v in sequences.items()}
        if self.recurrence.zoneout:
            first["part"], last["part"] = tf.range(count), count
        states, outputs = scan(
            self._part,
            states,
            first,
            self._shapes(size, states[0].shape),
            unroll=self.recurrence.unroll,
        )
        outputs = tf.nest.map_structure(_join, outputs)
        if rest:
            states, more = self._part(states, last)
            outputs = tf.nest.map_structure(
                lambda *values: tf.concat(values, 0), outputs, more
            )
        sequence = outputs["h"][0] if outputs["h"] else None
        return sequence, states, outputs["kept"]

    def _part(self, states, now):
        """Returns the states after a part, and what it gives for each step."""
        recurrence = self.recurrence
        if zoneout := recurrence.zoneout:
            zoneout = zoneout.of_part(now["part"])
            recurrence = dataclasses.replace(recurrence, zoneout=zoneout)

        def run(x, real, states, weights):
            here = dataclasses.replace(recurrence, weights=weights)
            h, states, kept = self.loop(here, x).run(x, real, states)
            kept = {site: tuple(moments) for site, moments in kept.items()}
            return states, {"kept": kept, "h": [] if h is None else [h]}

        weights = tf.nest.map_structure(
            lambda w: None if w is None else tf.convert_to_tensor(w),
            recurrence.weights,
        )
        new, outputs = recomputed(run)(
            now["x"], now.get("real"), states, weights
        )
        for after, before in zip(new, states, strict=True):
            # A function that XLA has compiled for any batch forgets its size.
            after.set_shape(before.shape)
        return new, outputs

    def _shapes(self, size, state):
        """Returns the shapes of what a part gives."""
        affine = self.recurrence.weights.affine if self.source.keeps else {}
        kept = {
            site: (tf.TensorShape([size, 1, *gamma.shape]),) * 2
            for site, (gamma, _) in affine.items()
        }
        h = [tf.TensorShape([size, *state])]
        return {"kept": kept, "h": h[: self.recurrence.return_sequences]}


def _known(length):
    if length is None:
        raise ValueError(
            "memory='low' divides the time steps into parts, so their number "
            "must be known when the graph is made. Received: sequences of "
            "unknown length. Give the Input its number of steps, or use "
            "memory='normal'."
        )
    return length


def _split(x, count, size):
    """Returns (count, size, ...) of (count * size, ...)."""
    shape = tf.concat([[count, size], tf.shape(x)[1:]], 0)
    return tf.ensure_shape(tf.reshape(x, shape), [count, size, *x.shape[1:]])


def _join(x):
    """Returns (count * size, ...) of (count, size, ...)."""
    count, size = x.shape[:2]
    shape = tf.concat([[count * size], tf.shape(x)[2:]], 0)
    return tf.ensure_shape(tf.reshape(x, shape), [count * size, *x.shape[2:]])
