"""How far a run has come."""

import dataclasses
import json
import math
import time

import numpy as np


@dataclasses.dataclass
class Progress:
    """The part of a checkpoint that is not in variables.

    Attributes:
        epoch: number of finished epochs, validation included.
        batch: number of finished steps of the current epoch.
        step: number of finished steps of the run.
        seconds: of training and validation so far.
        next_log: the next step to log.
        best: the best value of `config.checkpoint.best` so far, or None.
        logs: metrics of the last finished epoch, with Keras' names.
        diverged: whether a metric was not finite.
        ended: whether a callback has ended training early.
        outputs: path within the workdir -> size of a file that the run
            appends to.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    seconds: float = 0.0
    next_log: int = 1
    best: float | None = None
    logs: dict[str, float] = dataclasses.field(default_factory=dict)
    diverged: bool = False
    ended: bool = False
    outputs: dict[str, int] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        self.start_clock()

    def start_clock(self):
        """Starts counting time."""
        self._last = time.perf_counter()

    def count_time(self):
        """Adds the time since the last call to `seconds`."""
        now = time.perf_counter()
        self.seconds += now - self._last
        self._last = now

    def end_epoch(self, logs, ended):
        """Notes the end of an epoch, validation included.

        Args:
            logs: its metrics, with Keras' names; those that are no numbers
                are left out.
            ended: whether training ends early with it.
        """
        self.epoch += 1
        self.batch = 0
        self.logs = {k: float(v) for k, v in logs.items() if not np.ndim(v)}
        self.ended = ended

    def takes_best(self, settings):
        """Notes the best validation; returns whether it is that of this epoch.

        Args:
            settings: `config.checkpoint`.
        """
        # Not every epoch ends with validation.
        value = self.logs.get(settings.best, math.nan)
        sign = {"max": 1, "min": -1}[settings.best_mode]
        if not math.isfinite(value) or (
            self.best is not None and sign * value <= sign * self.best
        ):
            return False
        self.best = value
        return True

    def to_json(self):
        """Returns all attributes as text."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text):
        """Returns the `Progress` that `to_json` has written."""
        return cls(**json.loads(text))


def epochs_due(every, last):
    """Returns the epochs, counted from 1, after which something is due.

    Args:
        every: it is due after every `every`-th epoch,
        last: and after the last one, this one.

    Example:

    >>> from normzoo.trainers.run.progress import epochs_due
    >>> epochs_due(3, 8)
    [3, 6, 8]
    """
    return [*range(every, last, every), last]
