"""Executing the runs of a sweep under one progress bar."""

import contextlib

from rich import progress

from ..common import signals
from ..common.errors import InputError, LostWorkerError
from .engines.engine import Work
from .engines.here import Here
from .groups import find_groups, remove_folder, said
from .trainers import trainer_of


def check(runs, workdir):
    """Raises `InputError` unless every run can start. Nothing is trained."""
    trainer = trainer_of(runs[0].config)
    variants = {}
    for run in runs:
        if run.config.distribution == "multi_worker":
            raise InputError(
                "A comparison trains on one machine. Received: distribution="
                "multi_worker. Train its runs with normzoo.trainers.classify, "
                "or start comparisons of other seeds on the other machines."
            )
        config = trainer.settings.checked(run.config)
        rundir = trainer.rundir(config, workdir / run.name)
        rundir.check(trainer.resolve(config))
        # What is left to check does not depend on the seed.
        variants.setdefault(run.unseeded, run.config)
    trainer.check(list(variants.values()))


def execute(runs, workdir, engine=None, config_file=None):
    """Trains the runs that are not finished, under one progress bar.

    Args:
        runs: list of `Run`s.
        workdir, config_file: as of `engine.Work`.
        engine: as of `Runner`.

    Returns:
        Run name -> result, in the order of `runs`.

    Raises:
        signals.Interrupted, LostWorkerError: as `Runner.execute`.
    """
    with Runner(Work(workdir, config_file), engine) as runner:
        return runner.execute(runs)


class Runner:
    """Trains runs, in one or more steps, under one progress bar.

    A context manager: its engine lasts from one step to the next.

    Args:
        work: the `Work`.
        engine: the `Engine` that trains; None: this process does the work.

    Attributes:
        workdir: folder that holds one folder per run.
    """

    def __init__(self, work, engine=None):
        self.workdir = work.workdir
        self._engine = (engine or Here()).begin(work)
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        interrupt = self._engine.interrupt
        self._stop = self._stack.enter_context(signals.catch(interrupt))
        bar = self._stack.enter_context(progress.Progress(*_columns()))
        self._shown = Shown(bar)
        self._stack.enter_context(self._engine)
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    def has_room(self):
        """Whether a processor of this machine waits while runs train."""
        return self._engine.has_room()

    def has_results(self, runs):
        """Whether all runs are finished."""
        results = (finished_result(run, self.workdir) for run in runs)
        return all(result is not None for result in results)

    def execute(self, runs, label="", tell=lambda results: None):
        """Trains the runs that are not finished.

        Args:
            runs: list of `Run`s.
            label: of the progress bar.
            tell: function that is called whenever a run has finished, with
                run name -> result, None of those that are still to come.

        Returns:
            Run name -> result, in the order of `runs`.

        Raises:
            signals.Interrupted: a signal came; the runs under way are saved.
            LostWorkerError: the system has ended one of the processes.
        """
        results = {run.name: finished_result(run, self.workdir) for run in runs}
        pending = [run for run in runs if results[run.name] is None]
        self._shown.begin(label, len(runs), len(runs) - len(pending))
        if not pending:
            return results
        engine = self._engine
        try:
            groups = find_groups(
                runs, pending, self.workdir, engine.slots(), engine.models
            )
            self._shown.say(said(groups))
            for finished in engine.train(groups, self._shown):
                for name, result in finished:
                    results[name] = result
                    done = sum(each is not None for each in results.values())
                    self._shown.done(done)
                    tell(results)
        except (signals.Interrupted, LostWorkerError):
            # Workers are told by SIGTERM, whatever signal has come here.
            self._stop.raise_if_wanted()
            raise
        remove_folder(self.workdir)
        return results


class Shown:
    """The progress bar of all runs, and what is said above it.

    Args:
        bar: a `rich.progress.Progress`.
    """

    def __init__(self, bar):
        self._bar = bar
        self._task = bar.add_task("runs", total=None)
        self._label = ""

    def begin(self, label, total, completed):
        """Begins another step of the comparison."""
        self._label = label
        self._bar.reset(
            self._task,
            total=total,
            completed=completed,
            description=label or "runs",
        )

    def done(self, completed):
        """Shows how many runs are finished."""
        self._bar.update(self._task, completed=completed)

    def doing(self, what):
        """Shows what is being done, beside the label."""
        described = f"{self._label} {what}".strip()
        self._bar.update(self._task, description=described)

    def reporter(self, runs):
        """Returns a function that shows which share of some runs is done."""
        begin = self._bar.tasks[self._task].completed

        def report(share):
            self._bar.update(self._task, completed=begin + share * runs)

        return report

    def say(self, lines):
        """Writes lines above the bar."""
        for line in lines:
            self._bar.console.print(line, highlight=False)


def _columns():
    return (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(elapsed_when_finished=False),
    )


def finished_result(run, workdir):
    """Returns the result of a `Run` that is finished, or None."""
    trainer = trainer_of(run.config)
    config = trainer.settings.checked(run.config)
    rundir = trainer.rundir(config, workdir / run.name)
    return rundir.result(trainer.resolve(config))
