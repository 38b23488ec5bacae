"""The processes of a comparison, and how one of them trains a group."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import threading

import ml_collections
import tensorflow as tf

from ..common import processes, signals, startup
from ..own.norms import register_all
from ..run.session import Session
from ..run.together import ALONE
from .sweep import run_config_file
from .trainers import trainer_of


def open_pool(jobs, config_file, norms):
    """Returns a pool of processes, a context.

    Args:
        jobs: number of processes.
        config_file, norms: as of `runner.Runner`.
    """
    return concurrent.futures.ProcessPoolExecutor(
        jobs,
        processes.context(),
        initializer=_start_worker,
        initargs=(jobs, config_file, norms),
    )


def interrupt_workers():
    """Tells all processes of this one to end."""
    for worker in multiprocessing.active_children():
        worker.terminate()


@contextlib.contextmanager
def begun(session, groups, workdir):
    """Yields functions that train groups, one for each, in order.

    A function takes `report`, as `run.together.Together` says, and returns
    pairs of a name and its result. Of several groups the programs are all made
    first, and compiled in a thread meanwhile.

    Args:
        session: the `Session` of this process.
        groups: for each its runs, pairs of a name and a config as a dict, as
            processes take them; its mode, of `run.together.MODES`; a folder
            for what it needs meanwhile.
        workdir: of the comparison.
    """
    with (
        signals.catch() as stop,
        session.run(),
        _compiling(len(groups) > 1) as executor,
    ):
        trainings = []
        for runs, mode, folder in groups:
            stop.raise_if_wanted()
            trainings.append(
                _alone(session, runs, workdir)
                if mode == ALONE
                else _together(session, runs, workdir, mode, folder, executor)
            )
        yield trainings


@contextlib.contextmanager
def _compiling(wanted):
    """Yields an executor with one thread, or None."""
    if not wanted:
        yield None
        return
    executor = concurrent.futures.ThreadPoolExecutor(1)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _alone(session, runs, workdir):
    ((name, config),) = runs
    config = ml_collections.ConfigDict(config)

    def train(report):
        del report
        result = trainer_of(config).train(
            config, workdir / name, verbose=0, session=session
        )
        return [(name, result)]

    return train


def _together(session, runs, workdir, mode, folder, executor):
    names = [name for name, _ in runs]
    configs = [ml_collections.ConfigDict(config) for _, config in runs]
    train_group = trainer_of(configs[0]).together.begin(
        configs,
        [workdir / name for name in names],
        folder,
        session,
        mode,
        executor,
    )
    return lambda report: [
        (names[i], result) for i, result in train_group(report).items()
    ]


def train_all(groups, workdir):
    """Trains groups in a process of the pool; returns names and results."""
    found = []
    for group in groups:
        with begun(_session, [group], workdir) as (train,):
            found += train(lambda share: None)
    return found


# Of a worker process, open as long as it lives: the tasks of a pool share
# nothing but globals.
_worker = contextlib.ExitStack()
_session = Session(reuse_models=True)


def _start_worker(jobs, config_file, norms):
    startup.look_for_devices()
    # Processes that share the cores, each with threads for all of them, wait
    # for each other.
    threads = max((os.cpu_count() or 1) // jobs, 1)
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    startup.ignore_interrupt()
    # The parent has said it.
    _worker.enter_context(signals.catch(quiet=True))
    _worker.enter_context(_session)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if config_file:
        run_config_file(config_file)
    register_all(norms)


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)
