"""Noticing that another worker has died.

TensorFlow mostly raises an error then, but not always: a worker can wait for
ever for one that was killed.
"""

import contextlib
import os
import sys
import threading

import tensorflow as tf

from ..common.errors import CONNECTION_ERRORS, EXIT_RESTART, LostWorkerError
from .rendezvous import listens

_SECONDS = 5.0  # between two looks


@contextlib.contextmanager
def watching(cluster, patience):
    """Ends the run when another worker is gone.

    The chief watches all, all watch the chief.

    Args:
        cluster: a `Cluster`.
        patience: seconds for which a worker may be silent. After that the
            process ends with `EXIT_RESTART`, wherever it is.

    Raises:
        LostWorkerError: TensorFlow has lost the connection to a worker.
    """
    done = threading.Event()
    looks = max(1, round(patience / _SECONDS))
    thread = threading.Thread(
        target=_watch, args=(cluster, looks, done), daemon=True
    )
    thread.start()
    try:
        yield
    except tf.errors.OpError as error:
        silent = _silent(cluster, range(len(cluster.addresses)))
        if not (silent or isinstance(error, CONNECTION_ERRORS)):
            raise
        raise LostWorkerError(_message(cluster, silent)) from error
    finally:
        done.set()
        thread.join()


def _watch(cluster, looks, done):
    others = range(1, len(cluster.addresses)) if cluster.index == 0 else [0]
    misses = dict.fromkeys(others, 0)
    while not done.wait(_SECONDS):
        silent = _silent(cluster, others)
        misses = {i: misses[i] + 1 if i in silent else 0 for i in others}
        if max(misses.values(), default=0) >= looks and not done.is_set():
            print(f"error: {_message(cluster, silent)}", file=sys.stderr)
            sys.stderr.flush()
            os._exit(EXIT_RESTART)  # TensorFlow cannot be interrupted


def _silent(cluster, indices):
    """Returns the workers that nothing listens for any more."""
    return [i for i in indices if not listens(cluster.addresses[i])]


def _message(cluster, silent):
    lost = ", ".join(f"{i} ({cluster.addresses[i]})" for i in silent)
    return (
        f"Worker {cluster.index} has lost worker {lost or 'connections'}. "
        "Start all workers again: the run goes on from its last checkpoint."
    )
