"""How far a `fit` has come."""

import dataclasses

from ..run.progress import Progress


@dataclasses.dataclass
class FitProgress(Progress):
    """The part of a checkpoint that is not in variables.

    Attributes:
        finished: of each finished epoch of the run, the number of calls of the
            train function, and whether the data ran out in the last one.
        began: encoded surroundings at the beginning of the last epoch that has
            begun.
        first_batch: the digest of that epoch's first batch, or None.
        between: encoded surroundings at its end, or None before that.
        callbacks: name of a callback -> its encoded state.
    """

    finished: list = dataclasses.field(default_factory=list)
    began: dict | None = None
    first_batch: int | None = None
    between: dict | None = None
    callbacks: dict = dataclasses.field(default_factory=dict)
