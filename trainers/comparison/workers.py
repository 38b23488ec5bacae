"""The processes of a comparison, and how one of them trains a group."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import threading

import ml_collections
import tensorflow as tf

from ..common import signals
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
        # Forking a process that has started TensorFlow deadlocks.
        multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(jobs, config_file, norms),
    )


def interrupt_workers():
    """Tells all processes of this one to end."""
    for worker in multiprocessing.active_children():
        worker.terminate()


def train(session, runs, mode, workdir, folder, report=lambda share: None):
    """Trains a group; returns pairs of a name and its result.

    Args:
        session: the `Session` of this process.
        runs: pairs of a name and a config as a dict, as processes take them.
        mode: of `run.together.MODES`.
        workdir: of the comparison.
        folder: for what the group needs meanwhile.
        report: as of `run.together.Together`.
    """
    names = [name for name, _ in runs]
    configs = [ml_collections.ConfigDict(config) for _, config in runs]
    trainer = trainer_of(configs[0])
    with signals.catch() as stop, session.run():
        stop.raise_if_wanted()
        if mode == ALONE:
            (name,), (config,) = names, configs
            result = trainer.train(
                config, workdir / name, verbose=0, session=session
            )
            return [(name, result)]
        found = trainer.together.train(
            configs,
            [workdir / name for name in names],
            folder,
            session,
            mode,
            report,
        )
    return [(names[i], result) for i, result in found.items()]


def train_all(groups, workdir):
    """Trains groups in a process of the pool, see `train`."""
    return [
        result
        for runs, mode, folder in groups
        for result in train(_session, runs, mode, workdir, folder)
    ]


# Of a worker process, open as long as it lives: the tasks of a pool share
# nothing but globals.
_worker = contextlib.ExitStack()
_session = Session(reuse_models=True)


def _start_worker(jobs, config_file, norms):
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
    register_all(norms)


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)
