"""Executing the runs of a sweep, in this process or in several."""

import concurrent.futures
import contextlib

from rich import progress

from ..common import signals
from ..common.errors import InputError, LostWorkerError
from ..run.session import Session
from ..run.together import ALONE
from .groups import find_groups, remove_folder, said, waves
from .trainers import trainer_of
from .workers import begun, interrupt_workers, open_pool, train_all


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


def execute(runs, workdir, jobs=1, config_file=None):
    """Trains the runs that are not finished, under one progress bar.

    Args:
        runs: list of `Run`s.
        workdir, jobs, config_file: as of `Runner`.

    Returns:
        Run name -> result, in the order of `runs`.

    Raises:
        signals.Interrupted, LostWorkerError: as `Runner.execute`.
    """
    with Runner(workdir, jobs, config_file) as runner:
        return runner.execute(runs)


class Runner:
    """Trains runs, in one or more steps, under one progress bar.

    A context manager: its processes, and the models that runs share, last from
    one step to the next.

    Args:
        workdir: folder that holds one folder per run.
        jobs: number of processes; with 1, this one does the work.
        config_file: path of the config file, `FILE:ARGUMENT` where it takes
            one; other processes run it, too, because it may register norms
            and models.
        norms: what `own.norms.registered_in` has found, which they register.
    """

    def __init__(self, workdir, jobs=1, config_file=None, norms=()):
        self.workdir = workdir
        self._jobs, self._config_file = jobs, config_file
        self._norms = dict(norms)
        self._stack = contextlib.ExitStack()
        self._session = self._pool = None

    def __enter__(self):
        self._stop = self._stack.enter_context(signals.catch(interrupt_workers))
        self._bar = self._stack.enter_context(progress.Progress(*_columns()))
        self._task = self._bar.add_task("runs", total=None)
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

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
        models = self._open_session().models if self._jobs == 1 else None
        groups = find_groups(runs, pending, self.workdir, self._jobs, models)
        self._bar.reset(
            self._task,
            total=len(runs),
            completed=len(runs) - len(pending),
            description=label or "runs",
        )
        if not pending:
            return results
        self._say(groups)
        train_each = self._here if self._jobs == 1 else self._in_processes
        try:
            for name, result in train_each(groups, label):
                results[name] = result
                done = sum(each is not None for each in results.values())
                self._bar.update(self._task, completed=done)
                tell(results)
        except (signals.Interrupted, LostWorkerError):
            # Workers are told by SIGTERM, whatever signal has come here.
            self._stop.raise_if_wanted()
            raise
        remove_folder(self.workdir)
        return results

    def _say(self, groups):
        """Says which runs train together, and why."""
        for line in said(groups):
            self._bar.console.print(line, highlight=False)

    def _here(self, groups, label):
        for wave in waves(groups):
            described = wave[0].runs[0].name if len(wave) == 1 else "compiling"
            self._describe(label, described)
            parts = [_part(group, self.workdir) for group in wave]
            with begun(self._open_session(), parts, self.workdir) as trainings:
                for group, train in zip(wave, trainings, strict=True):
                    self._describe(label, group.runs[0].name)
                    yield from train(self._reporter(len(group.runs)))

    def _describe(self, label, doing):
        described = f"{label} {doing}".strip()
        self._bar.update(self._task, description=described)

    def _open_session(self):
        if self._session is None:
            session = Session(reuse_models=True)
            self._session = self._stack.enter_context(session)
        return self._session

    def _reporter(self, runs):
        """Returns a function that shows which share of some runs is done."""
        begin = self._bar.tasks[self._task].completed

        def report(share):
            self._bar.update(self._task, completed=begin + share * runs)

        return report

    def _in_processes(self, groups, label):
        del label
        pool = self._open_pool()
        try:
            # Ctrl-C reaches all processes; a worker hears of it from its
            # parent, also while it starts.
            with signals.interrupt_blocked():
                futures = [
                    pool.submit(train_all, parts, self.workdir)
                    for parts in _by_structure(groups, self.workdir)
                ]
            for future in concurrent.futures.as_completed(futures):
                yield from future.result()
        except concurrent.futures.BrokenExecutor as error:
            raise LostWorkerError(
                "The system has ended a process of the comparison, perhaps "
                "because memory ran out. Repeat the same command to go on, "
                "with fewer --jobs if memory is short."
            ) from error
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise

    def _open_pool(self):
        if self._pool is None:
            pool = open_pool(self._jobs, self._config_file, self._norms)
            self._pool = self._stack.enter_context(pool)
        return self._pool


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


def _part(group, workdir):
    """Returns a group as processes take it."""
    runs = [(run.name, run.config.to_dict()) for run in group.runs]
    return runs, group.mode, group.folder(workdir)


def _by_structure(groups, workdir):
    """Returns lists of groups that one process trains.

    Runs that train alone share a model's graphs there.
    """
    found = {}
    for group in groups:
        key = group.runs[0].unseeded if group.mode == ALONE else id(group)
        found.setdefault(key, []).append(_part(group, workdir))
    return found.values()
