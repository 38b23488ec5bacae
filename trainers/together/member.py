"""One run of a group: its files, and how far it has come."""

import contextlib

import numpy as np

from ..run.checkpointing.checkpoints import Checkpoints
from ..run.checkpointing.recovery import keep_only, newest_first
from ..run.logs import MetricsLog


class Member:
    """What a run has for itself while it trains in a group, as a context.

    It writes what `Training` writes for a run alone, at the same steps.

    Args:
        config: of the run.
        rundir: its `RunDir`, started.
        progress: the `Progress` that it has come to.

    Attributes:
        log: the `MetricsLog`.
    """

    def __init__(self, config, rundir, progress):
        self.config = config
        self.rundir = rundir
        self.progress = progress
        self.log = MetricsLog(
            rundir.path, config.log_every_steps, self.progress
        )
        self._contexts = contextlib.ExitStack()

    def __enter__(self):
        self._forget()
        self.rundir.rewind(self.progress.outputs)
        self._contexts.enter_context(self.log)
        return self

    def __exit__(self, *error):
        self._contexts.close()

    def _forget(self):
        """Removes the checkpoints that do not belong to the progress.

        A run that has trained alone before may have left some: should it go on
        alone again, they would not fit the logs any more.
        """
        folder = self.rundir.path / "checkpoints"
        keep_only(folder, [])
        best = newest_first(folder / "best")
        known = [step for step in best if step <= self.progress.step]
        keep_only(folder / "best", known)

    @property
    def is_alive(self):
        """Whether its training goes on."""
        return not (self.progress.ended or self.progress.diverged)

    def log_running(self, logs):
        """Logs the means over the epoch so far, if the step is due."""
        self.log.log_running(logs)

    def log_epoch(self, logs, rate):
        """Logs an epoch; see `end_epoch`."""
        number = self.progress.epoch + 1
        self.log.log_epoch(number, logs, {"learning_rate": float(rate)})

    def take_steps(self, running, check_every):
        """Notes steps of an epoch, and logs those that are due.

        Args:
            running: name of a metric -> means over the epoch so far, after
                each of the steps.
            check_every: after how many steps of an epoch one is looked at.
        """
        progress = self.progress
        first = progress.batch
        count = len(next(iter(running.values())))
        for i in range(count):
            if (first + i + 1) % check_every:
                continue
            progress.step += check_every
            progress.batch += check_every
            logs = {name: float(values[i]) for name, values in running.items()}
            self.log_running(logs)
            if not np.isfinite(list(logs.values())).all():
                progress.diverged = True
                break

    def end_epoch(self, logs, rate):
        """Notes and logs the end of an epoch; returns whether it is the best.

        Args:
            logs: its metrics, with Keras' names.
            rate: the learning rate.
        """
        self.log_epoch(logs, rate)
        self.progress.end_epoch(logs, ended=self.progress.diverged)
        return self.progress.takes_best(self.config.checkpoint)

    def note_outputs(self):
        """Notes how large its files are, before its progress is saved."""
        self.log.flush()
        self.progress.outputs = self.rundir.sizes()

    def save(self, state, progress, best=False):
        """Writes a checkpoint, as the run alone would.

        Args:
            state: the `SavedState` of a model that is in the state of the run.
            progress: the `Progress` at that state.
            best: whether it is that of the best validation so far.
        """
        checkpoints = Checkpoints(
            self.rundir.path / "checkpoints",
            state,
            self.config.checkpoint.keep,
        )
        write = checkpoints.save_best if best else checkpoints.save
        write(progress)


class Finished(Member):
    """A run that has its result: it trains with the others, and writes nothing.

    A group goes on with all its runs, for the others to be the same.
    """

    def __enter__(self):
        return self

    def log_running(self, logs):
        """Does nothing."""

    def log_epoch(self, logs, rate):
        """Does nothing."""

    def note_outputs(self):
        """Does nothing."""

    def save(self, state, progress, best=False):
        """Does nothing."""
