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
        variants.setdefault(run.variant, run.config)
    trainer.check(list(variants.values()))


def execute(runs, workdir, jobs=1, config_file=None):
    """Trains the runs that are not finished, under one progress bar.

    Args:
        runs: list of `Run`s.
        workdir: folder that holds one folder per run.
        jobs: number of processes; with 1, this one does the work.
        config_file: path of the config file, `FILE:ARGUMENT` where it takes
            one; other processes run it, too, because it may register norms
            and models.

    Returns:
        Run name -> result, in the order of `runs`.

    Raises:
        signals.Interrupted: a signal came; the runs under way are saved.
        LostWorkerError: the system has ended one of the processes.
    """
    results = {run.name: finished_result(run, workdir) for run in runs}
    pending = [run for run in runs if results[run.name] is None]
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(elapsed_when_finished=False),
    )
    with (
        signals.catch(_interrupt_workers) as stop,
        progress.Progress(*columns) as bar,
    ):
        task = bar.add_task("runs", total=len(runs))
        bar.advance(task, len(runs) - len(pending))
        if jobs == 1:
            trained = _here(pending, workdir, bar)
        else:
            trained = _in_processes(pending, workdir, jobs, config_file)
        try:
            for name, result in trained:
                results[name] = result
                bar.advance(task)
        except (signals.Interrupted, LostWorkerError):
            # Workers are told by SIGTERM, whatever signal has come here.
            stop.raise_if_wanted()
            raise
    return results


def finished_result(run, workdir):
    """Returns the result of a `Run` that is finished, or None."""
    trainer = trainer_of(run.config)
    config = trainer.settings.checked(run.config)
    rundir = trainer.rundir(config, workdir / run.name)
    return rundir.result(trainer.resolve(config))


def _here(runs, workdir, bar):
    with Session(reuse_models=True) as session:
        for run in runs:
            bar.update(bar.task_ids[0], description=run.name)
            yield _train(session, run.name, run.config.to_dict(), workdir)


def _in_processes(runs, workdir, jobs, config_file):
    # Forking a process that has started TensorFlow deadlocks.
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(
        jobs,
        context,
        initializer=_start_worker,
        initargs=(jobs, config_file),
    )
    with pool:
        # Ctrl-C reaches all processes; a worker hears of it from its parent,
        # also while it starts.
        with signals.interrupt_blocked():
            futures = [
                pool.submit(_train_all, group, workdir)
                for group in _groups(runs)
            ]
        try:
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


def _groups(runs):
    """Returns lists of runs that share a model's graphs, so one process."""
    groups = {}
    for run in runs:
        arguments = run.name, run.config.to_dict()
        groups.setdefault(run.variant, []).append(arguments)
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
