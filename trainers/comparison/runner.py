"""Executing the runs of a sweep, in this process or in several."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import threading

import ml_collections
import tensorflow as tf
from rich import progress

from ..common import signals
from ..common.errors import InputError, LostWorkerError
from ..run.session import Session
from .sweep import run_config_file
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
    """

    def __init__(self, workdir, jobs=1, config_file=None):
        self.workdir = workdir
        self._jobs, self._config_file = jobs, config_file
        self._stack = contextlib.ExitStack()
        self._session = self._pool = None

    def __enter__(self):
        self._stop = self._stack.enter_context(
            signals.catch(_interrupt_workers)
        )
        self._bar = self._stack.enter_context(progress.Progress(*_columns()))
        self._task = self._bar.add_task("runs", total=None)
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    def execute(self, runs, label=""):
        """Trains the runs that are not finished.

        Args:
            runs: list of `Run`s.
            label: of the progress bar.

        Returns:
            Run name -> result, in the order of `runs`.

        Raises:
            signals.Interrupted: a signal came; the runs under way are saved.
            LostWorkerError: the system has ended one of the processes.
        """
        results = {run.name: finished_result(run, self.workdir) for run in runs}
        pending = [run for run in runs if results[run.name] is None]
        self._bar.reset(
            self._task,
            total=len(runs),
            completed=len(runs) - len(pending),
            description=label or "runs",
        )
        if not pending:
            return results
        train = self._here if self._jobs == 1 else self._in_processes
        try:
            for name, result in train(pending, label):
                results[name] = result
                self._bar.advance(self._task)
        except (signals.Interrupted, LostWorkerError):
            # Workers are told by SIGTERM, whatever signal has come here.
            self._stop.raise_if_wanted()
            raise
        return results

    def _here(self, runs, label):
        if self._session is None:
            session = Session(reuse_models=True)
            self._session = self._stack.enter_context(session)
        for run in runs:
            described = f"{label} {run.name}".strip()
            self._bar.update(self._task, description=described)
            yield _train(
                self._session, run.name, run.config.to_dict(), self.workdir
            )

    def _in_processes(self, runs, label):
        del label
        pool = self._open_pool()
        try:
            # Ctrl-C reaches all processes; a worker hears of it from its
            # parent, also while it starts.
            with signals.interrupt_blocked():
                futures = [
                    pool.submit(_train_all, group, self.workdir)
                    for group in _groups(runs)
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
            pool = concurrent.futures.ProcessPoolExecutor(
                self._jobs,
                # Forking a process that has started TensorFlow deadlocks.
                multiprocessing.get_context("spawn"),
                initializer=_start_worker,
                initargs=(self._jobs, self._config_file),
            )
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


def _groups(runs):
    """Returns lists of runs that share a model's graphs, so one process."""
    groups = {}
    for run in runs:
        arguments = run.name, run.config.to_dict()
        groups.setdefault(run.unseeded, []).append(arguments)
    return groups.values()


# Of a worker process, open as long as it lives: the tasks of a pool share
# nothing but globals.
_worker = contextlib.ExitStack()
_session = Session(reuse_models=True)


def _start_worker(jobs, config_file):
    # Processes that share the cores, each with threads for all of them, wait
    # for each other.
    threads = max((os.cpu_count() or 1) // jobs, 1)
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The parent has said it.
    _worker.enter_context(signals.catch(quiet=True))
    _worker.enter_context(_session)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if config_file:
        run_config_file(config_file)


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


def _interrupt_workers():
    for worker in multiprocessing.active_children():
        worker.terminate()


def _train_all(runs, workdir):
    return [_train(_session, name, config, workdir) for name, config in runs]


def _train(session, name, config, workdir):
    with signals.catch() as stop, session.run():
        stop.raise_if_wanted()
        config = ml_collections.ConfigDict(config)
        return name, trainer_of(config).train(
            config, workdir / name, verbose=0, session=session
        )
