"""The training of a group: its epochs, its measurements, its checkpoints."""

import dataclasses
import json
import time

import numpy as np

from ..run.progress import Progress, epochs_due

#: A signal is heard between two calls of the program; they take longer and
#: longer, until one takes half as long as this.
_CALL_SECONDS = 2.0


@dataclasses.dataclass
class GroupProgress:
    """How far a group has come.

    Attributes:
        step: number of finished steps of each run.
        epoch: number of finished epochs.
        batch: number of finished steps of the current epoch.
        running: name of a metric -> each run's mean over the current epoch
            so far; of one that has diverged, up to then.
        runs: the `Progress` of each run.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    running: dict = dataclasses.field(default_factory=dict)
    runs: list[Progress] = dataclasses.field(default_factory=list)

    def to_json(self):
        """Returns all attributes as text."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text):
        """Returns what `to_json` has written."""
        values = json.loads(text)
        runs = [Progress(**each) for each in values.pop("runs")]
        return cls(**values, runs=runs)


class GroupTraining:
    """Trains a group of runs, and survives its process.

    After N steps all variables and logs are bitwise the same however often the
    process was killed in between, as of a run alone.

    Args:
        program: of the runs, such as `Stacked`.
        members: their `Member`s, entered.
        config: what they have in common.
        checkpoints: of the group, with a `GroupProgress`.
        progress: the `GroupProgress`, restored or new.
        stop: `signals.StopRequest`.
        measures: what is measured besides, an object with the methods
            `begin()`, `validate()`, which returns name -> values of the runs,
            and `end_epoch(number)`.
    """

    def __init__(
        self, program, members, config, checkpoints, progress, stop, measures
    ):
        self._program = program
        self._members = members
        self._config = config
        self._checkpoints = checkpoints
        self._progress = progress
        self._stop = stop
        self._measures = measures
        self._best = {}
        self._saved = progress.step, time.monotonic()
        self._at_once = program.check_every

    def fit(self):
        """Trains from the current position to the end."""
        progress, epochs = self._progress, self._config.epochs
        if not progress.step:
            self._measures.begin()
        while progress.epoch < epochs and self._alive().any():
            self._train_epoch()
            self._timed(self._end_epoch)
            ended = progress.epoch == epochs or not self._alive().any()
            if ended or self._is_due():
                self._save()
            self._stop.raise_if_wanted()

    def _alive(self):
        return np.array([member.is_alive for member in self._members])

    def _train_epoch(self):
        """Trains to the end of the epoch."""
        progress, steps = self._progress, self._program.steps
        orders = self._program.orders(progress.epoch)
        begin = progress.batch
        while progress.batch < steps:
            if progress.batch > begin and self._is_due():
                self._save()
                self._stop.raise_if_wanted()
            stop = min(progress.batch + self._at_once, steps)
            self._timed(self._take_steps, orders, stop)

    def _take_steps(self, orders, stop):
        progress, start = self._progress, self._progress.batch
        began = time.perf_counter()
        alive = self._alive()
        running = self._program.train(orders, start, stop, alive)
        if time.perf_counter() - began < _CALL_SECONDS / 2:
            self._at_once = min(2 * self._at_once, self._program.most)
        for run in np.flatnonzero(alive):
            means = {name: values[:, run] for name, values in running.items()}
            self._members[run].take_steps(means, self._program.check_every)
        taken = len(next(iter(running.values())))
        progress.batch += taken
        progress.step += taken
        for name, values in running.items():
            before = progress.running.get(name, values[-1])
            now = np.where(alive, values[-1], before)
            progress.running[name] = now.tolist()

    def _end_epoch(self):
        progress, config = self._progress, self._config
        logs, progress.running = progress.running, {}
        number = progress.epoch + 1
        due = epochs_due(config.validate_every_epochs, config.epochs)
        self._program.refresh()
        if number in due:
            validation = self._measures.validate()
            logs = logs | {f"val_{k}": v for k, v in validation.items()}
        rates = self._program.rates()
        best = []
        for run, member in enumerate(self._members):
            if member.progress.ended:
                continue
            own = {k: float(values[run]) for k, values in logs.items()}
            if member.end_epoch(own, rates[run]):
                best.append(run)
        self._keep_best(best)
        self._measures.end_epoch(number)
        progress.epoch, progress.batch = number, 0

    def _keep_best(self, runs):
        for run in runs:
            self._best.pop(run, None)  # before there are new ones
        for run, row in self._program.rows(runs).items():
            member = self._members[run]
            member.note_outputs()
            self._best[run] = dataclasses.replace(member.progress), row

    def share(self, seconds):
        """Gives each run that is to train its share of the time."""
        self._share(seconds, self._trained())

    def _trained(self):
        return [m for m in self._members if not m.progress.ended]

    def _share(self, seconds, trained):
        for member in trained:
            member.progress.seconds += seconds / len(trained)

    def _timed(self, function, *arguments):
        """Calls a function; each run that trained gets its share."""
        trained = self._trained()
        began = time.perf_counter()
        result = function(*arguments)
        self._share(time.perf_counter() - began, trained)
        return result

    def _is_due(self):
        step, moment = self._saved
        settings = self._config.checkpoint
        every_steps, every_seconds = (
            settings.every_steps,
            settings.every_seconds,
        )
        return (
            self._stop.signal is not None
            or 0 < every_steps <= self._progress.step - step
            or 0 < every_seconds <= time.monotonic() - moment
        )

    def _save(self):
        for run, (progress, row) in self._best.items():
            with self._program.holding(run, row) as model:
                state = self._program.saved_state(model)
                self._members[run].save(state, progress, best=True)
        self._best = {}
        for member in self._members:
            member.note_outputs()
        self._progress.runs = [member.progress for member in self._members]
        self._checkpoints.save(self._progress)
        self._saved = self._progress.step, time.monotonic()
