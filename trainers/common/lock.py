"""One process at a time in a workdir."""

import contextlib
import datetime
import json
import os
import socket

import filelock

from .errors import InputError
from .files import write_json

#: The lock itself, which the system frees when its holder dies, and who it is.
LOCK, HOLDER = ".lock", ".lock.json"


@contextlib.contextmanager
def held(folder):
    """Holds the exclusive right to write into `folder`, which is made.

    Raises:
        InputError: another process holds it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / LOCK)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise InputError(
            f"The workdir {folder} is in use by {_holder(folder)}. Wait for "
            "it, or name another workdir."
        ) from None
    except OSError as error:
        raise InputError(
            f"The workdir {folder} cannot be written: {error}. Name another "
            "one with --workdir=DIR."
        ) from error
    try:
        write_json(folder / HOLDER, _this_process())
        yield
    finally:
        lock.release()


def _this_process():
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": now.isoformat(timespec="seconds"),
    }


def _holder(folder):
    try:
        holder = json.loads((folder / HOLDER).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return "another process"  # which has not written its name yet
    return "process {pid} on {host} since {since}".format(**holder)
