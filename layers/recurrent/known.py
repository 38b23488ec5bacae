"""The loop with known statistics: a scale and a shift of each product."""

import dataclasses

from .norms import KnownNorms
from .recurrence import Recurrence
from .time_loop import TimeLoop


@dataclasses.dataclass(frozen=True)
class KnownStatistics:
    """Runs a recurrence whose moments are known in front of the loop.

    Attributes:
        recurrence: what is computed.
        rows: site -> mean and variance of each step, (time, 1, features).
    """

    recurrence: Recurrence
    rows: dict

    def run(self, x, real, states):
        """Returns h of all steps or None, the last states, and no moments.

        Args:
            x: (time, batch, features).
            real: where there is no padding, (time, batch, 1), or None.
            states: a list of tensors, h first.
        """
        recurrence = self.recurrence
        weights = recurrence.weights
        norms = KnownNorms.of_rows(
            self.rows, weights.affine, recurrence.epsilon
        )
        shifts = weights.shifts
        if recurrence.kind.adds and "recurrent" in norms.maps:
            # What is added to both products is added once.
            shifts = (*shifts, norms.maps["recurrent"].beta)
            norms = norms.without_shift("recurrent")
        z = recurrence.projection("input")(x)
        if "input" in norms.maps:
            norms = norms.add_in_loop(shifts)
        elif shifts:
            z += sum(shifts)
        project = recurrence.projection("recurrent")

        def product(h, now):
            return norms("recurrent", project(h), now)

        return TimeLoop(recurrence, norms, product).run(z, real, states)
