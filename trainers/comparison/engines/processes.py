"""Groups that several processes of this machine train."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import threading

from ...common import processes, signals, startup
from ...common.errors import LostWorkerError
from ...own.norms import register_all
from ...run.session import Session
from ...run.together import ALONE
from ..sweep import run_config_file
from . import training
from .devices import limit_threads
from .engine import Engine


class Processes(Engine):
    """Trains groups in a pool of processes.

    Args:
        jobs: number of processes.
    """

    instead = "set jobs=1"

    def __init__(self, jobs):
        super().__init__()
        self._jobs = jobs
        self._pool, self._futures = None, ()

    def slots(self):
        """Returns the number of processes."""
        return self._jobs

    def has_room(self):
        """Whether one of the processes waits for the others, see `Engine`."""
        return sum(not each.done() for each in self._futures) < self._jobs

    def train(self, groups, shown):
        """Trains groups, see `Engine`."""
        del shown
        pool, workdir = self._opened(), self.work.workdir
        try:
            # Ctrl-C reaches all processes; a worker hears of it from its
            # parent, also while it starts.
            with signals.interrupt_blocked():
                self._futures = [
                    pool.submit(_train_all, parts, workdir)
                    for parts in _by_structure(groups, workdir)
                ]
            for future in concurrent.futures.as_completed(self._futures):
                yield future.result()
        except concurrent.futures.BrokenExecutor as error:
            raise LostWorkerError(
                "The system has ended a process of the comparison, perhaps "
                "because memory ran out. Repeat the same command to go on, "
                "with fewer --jobs if memory is short."
            ) from error
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise

    def interrupt(self):
        """Tells all processes of this one to end."""
        for worker in multiprocessing.active_children():
            worker.terminate()

    def _opened(self):
        if self._pool is None:
            pool = concurrent.futures.ProcessPoolExecutor(
                self._jobs,
                processes.context(),
                initializer=_start_worker,
                initargs=(self._jobs, self.work.config_file, self.work.norms),
            )
            self._pool = self._stack.enter_context(pool)
        return self._pool


def _by_structure(groups, workdir):
    """Returns lists of groups that one process trains.

    Runs that train alone share a model's graphs there.
    """
    found = {}
    for group in groups:
        key = group.runs[0].unseeded if group.mode == ALONE else id(group)
        found.setdefault(key, []).append(training.part_of(group, workdir))
    return found.values()


# Of a worker process, open as long as it lives: the tasks of a pool share
# nothing but globals.
_worker = contextlib.ExitStack()
_session = Session(reuse_models=True)


def _train_all(parts, workdir):
    return training.train_all(_session, parts, workdir)


def _start_worker(jobs, config_file, norms):
    startup.look_for_devices()
    startup.collect_seldom()
    # Processes that share the cores, each with threads for all of them, wait
    # for each other.
    limit_threads((os.cpu_count() or 1) // jobs)
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
