"""Waiting for the other workers at the start of a run."""

import contextlib
import faulthandler
import socket
import time

from ..common.errors import InputError, LostWorkerError

_START_SECONDS = 600  # for machines that start late
_CONNECT_SECONDS = 120  # once all workers are there


@contextlib.contextmanager
def join(cluster):
    """Waits for all workers; connect to them inside the context.

    TensorFlow itself would wait for an hour, hold Python's lock all the while
    and not say which worker is missing. If connecting takes over two minutes
    although all workers are there, the process ends with a traceback.

    Args:
        cluster: a `Cluster`.

    Raises:
        InputError: the port of this worker cannot be used.
        LostWorkerError: a worker has not started in time.
    """
    _wait(cluster)
    # Ends the process from a thread that does not need Python's lock.
    faulthandler.dump_traceback_later(_CONNECT_SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _wait(cluster):
    """Returns when each worker has been seen listening at its address."""
    missing = set(range(len(cluster.addresses))) - {cluster.index}
    deadline = time.monotonic() + _START_SECONDS
    with _listening(cluster.addresses[cluster.index]):
        while missing:
            missing = {i for i in missing if not listens(cluster.addresses[i])}
            if missing and time.monotonic() > deadline:
                absent = ", ".join(cluster.addresses[i] for i in missing)
                raise LostWorkerError(
                    f"Worker {cluster.index} has waited {_START_SECONDS} "
                    f"seconds for {absent}. Start all workers within this time."
                )
            time.sleep(0.1)


def _listening(address):
    port = int(address.rpartition(":")[2])
    both = socket.has_dualstack_ipv6()
    try:
        return socket.create_server(
            ("", port),
            family=socket.AF_INET6 if both else socket.AF_INET,
            dualstack_ipv6=both,
        )
    except OSError as error:
        raise InputError(
            f"Port {port} of this worker, {address}, cannot be used: {error}. "
            "Choose a free port."
        ) from error


def listens(address, timeout=5):
    """Returns whether a process listens at an address, `"host:port"`."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout).close()
    except OSError:
        return False
    return True
