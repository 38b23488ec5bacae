"""Noticing that another worker has died.

TensorFlow usually raises an error then, but not always: a worker can wait
forever for one that was killed.
"""

import contextlib
import os
import sys
import threading
import time

import tensorflow as tf

from ..common.errors import EXIT_RESTART, LostWorkerError, connection_errors
from .rendezvous import listens

_INTERVAL = 5.0  # seconds between two checks
#: For how many seconds a worker that is gone may still answer. What a killed
#: process had open is closed one by one: a connection, and later its address.
_LINGERING = 5.0


@contextlib.contextmanager
def monitor(cluster, patience):
    """Ends the run, inside the context, when another worker is gone.

    The chief monitors all workers, and all workers monitor the chief.

    Args:
        cluster: a `Cluster`.
        patience: seconds for which a worker may not be reached. After that the
            process ends with `EXIT_RESTART`, whatever it is doing.

    Raises:
        LostWorkerError: TensorFlow has lost the connection to a worker.
    """
    done = threading.Event()
    limit = max(1, round(patience / _INTERVAL))
    thread = threading.Thread(
        target=_check_repeatedly, args=(cluster, limit, done), daemon=True
    )
    thread.start()
    try:
        yield
    except tf.errors.OpError as error:
        is_lost = isinstance(error, connection_errors())
        unreachable = _gone(cluster, _LINGERING if is_lost else 0.0)
        if not (unreachable or is_lost):
            raise
        raise LostWorkerError(_message(cluster, unreachable)) from error
    finally:
        done.set()
        thread.join()


def _check_repeatedly(cluster, limit, done):
    """Ends the process once a worker has missed `limit` checks in a row."""
    others = range(1, len(cluster.addresses)) if cluster.index == 0 else [0]
    misses = dict.fromkeys(others, 0)
    while not done.wait(_INTERVAL):
        unreachable = _unreachable(cluster, others)
        misses = {i: misses[i] + 1 if i in unreachable else 0 for i in others}
        if max(misses.values(), default=0) >= limit and not done.is_set():
            print(f"error: {_message(cluster, unreachable)}", file=sys.stderr)
            sys.stderr.flush()
            os._exit(EXIT_RESTART)  # TensorFlow cannot be interrupted


def _gone(cluster, seconds):
    """Returns the unreachable workers, waiting until there is one."""
    end = time.monotonic() + seconds
    everyone = range(len(cluster.addresses))
    while not (found := _unreachable(cluster, everyone)):
        if time.monotonic() >= end:
            break
        time.sleep(0.1)
    return found


def _unreachable(cluster, indices):
    """Returns the workers at whose address no process listens."""
    return [i for i in indices if not listens(cluster.addresses[i])]


def _message(cluster, unreachable):
    lost = ", ".join(f"{i} ({cluster.addresses[i]})" for i in unreachable)
    return (
        f"Worker {cluster.index} has lost worker {lost or 'connections'}. "
        "Start all workers again: the run continues from its last checkpoint."
    )
