"""The time loop of a recurrent layer whose gradient is TensorFlow's."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from ..numerics.scan import scan
from .recurrence import Recurrence


@dataclasses.dataclass(frozen=True)
class TimeLoop:
    """A loop over time, with any norms.

    Attributes:
        recurrence: what is computed.
        norms: `OwnNorms` or `KnownNorms`.
        product: a function of h and what is known of the step, to the
            normalized product of h and the moments it keeps.
    """

    recurrence: Recurrence
    norms: object
    product: Callable

    def run(self, z, real, states):
        """Runs over what the input gives.

        Args:
            z: the normalized products of the input, (time, batch, features).
            real: where there is no padding, (time, batch, 1), or None.
            states: a list of tensors, h first.

        Returns:
            h of all steps or None, the last states, and the kept moments.
        """
        sequence = self.recurrence.return_sequences

        def body(states, now):
            states, kept = self._next(states, now)
            return states, {"kept": kept, "h": states[:sequence]}

        sequences = {"z": z, **self.norms.sequences()}
        if real is not None:
            sequences["real"] = real
        if zoneout := self.recurrence.zoneout:
            sequences |= zoneout.sequences(tf.shape(z)[0], states)
        shapes = {
            "kept": self.norms.kept_shapes(),
            "h": [states[0].shape][:sequence],
        }
        unroll = self.recurrence.unroll
        states, outputs = scan(body, states, sequences, shapes, unroll=unroll)
        return outputs["h"][0] if sequence else None, states, outputs["kept"]

    def _next(self, states, now):
        """Returns the states after a step, and the moments it keeps."""
        kind, bias = self.recurrence.kind, self.recurrence.weights.bias
        r, kept = self.product(states[0], now)
        kept = dict(kept)
        r = r if bias is None else r + bias

        def norm_cell(c):
            c, moments = self.norms("cell", c, now)
            kept.update(moments)
            return c

        z = self.norms.of_input(now["z"], now)
        new = kind.step(self.recurrence.cell, z, r, states, norm_cell)
        if self.recurrence.zoneout:
            new = self.recurrence.zoneout(new, states, now)
        if "real" in now:
            pairs = zip(new, states, strict=True)
            new = [tf.where(now["real"], s, old) for s, old in pairs]
        return new, kept
