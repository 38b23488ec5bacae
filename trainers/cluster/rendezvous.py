"""Waiting for the other workers at the start of a run."""

import contextlib
import faulthandler
import socket
import time

from ..common.errors import InputError, LostWorkerError

_PATIENCE = 600  # seconds, for machines that start late
_CONNECTION = 120  # seconds, once all are there


@contextlib.contextmanager
def meeting(cluster):
    """Waits for all workers, then allows some time for what connects them.

    TensorFlow itself waits for an hour, holds Python's lock meanwhile, and does
    not say for whom.

    Raises:
        InputError: the port of this worker is in use.
        LostWorkerError: not all workers have come.
    """
    _wait(cluster)
    # A thread without Python's lock ends the process.
    faulthandler.dump_traceback_later(_CONNECTION, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _wait(cluster):
    """Returns when each worker has been there."""
    missing = set(range(len(cluster.addresses))) - {cluster.index}
    deadline = time.monotonic() + _PATIENCE
    with _listening(cluster.addresses[cluster.index]):
        while missing:
            missing = {i for i in missing if not listens(cluster.addresses[i])}
            if missing and time.monotonic() > deadline:
                absent = ", ".join(cluster.addresses[i] for i in missing)
                raise LostWorkerError(
                    f"Worker {cluster.index} has waited {_PATIENCE} seconds "
                    f"for {absent}. Start all workers within this time."
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
            "Name a free one."
        ) from error


def listens(address, timeout=5):
    """Returns whether a process listens at an address, `"host:port"`."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout).close()
    except OSError:
        return False
    return True
