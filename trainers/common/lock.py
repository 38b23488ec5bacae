"""One process at a time in a workdir."""

import contextlib
import datetime
import json
import os
import socket

import filelock

from .errors import InputError, writing
from .files import make_folder, write_json

#: The lock itself, which the system frees when its holder dies, and who it is.
LOCK, HOLDER = ".lock", ".lock.json"


@contextlib.contextmanager
def held(folder):
    """Holds the exclusive right to write into `folder`, which is made.

    Raises:
        InputError: another process holds it, or it cannot be written.
    """
    make_folder(folder, "The workdir")
    lock = filelock.FileLock(folder / LOCK)
    was_used = (folder / HOLDER).exists()
    last = f"It was last used by {_holder(folder)}" if was_used else ""
    with writing(f"The workdir {folder}", last):
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise InputError(
                f"The workdir {folder} is in use by {_holder(folder)}. Wait "
                "for it, or name another workdir."
            ) from None
    try:
        write_json(folder / HOLDER, _this_process())
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def waited_for(path):
    """Holds a lock, once all other processes have released it.

    Args:
        path: of its file, a `pathlib.Path`.

    Raises:
        InputError: the file cannot be written.
    """
    lock = filelock.FileLock(path, is_singleton=True)
    with writing(f"The lock {path}"):
        lock.acquire()
    try:
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
        return "process {pid} on {host} since {since}".format(**holder)
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"  # which has not written its name yet
