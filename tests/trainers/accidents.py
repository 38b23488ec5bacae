"""Disks that are full, and folders that nobody may write into."""

import contextlib
import os
import pathlib
import resource
import shutil
import tempfile


@contextlib.contextmanager
def full_disk(room=10):
    """No file of this process can have more bytes than `room`.

    The system refuses to write them as it does on a full disk.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def unprivileged():
    """As a user who may not do everything, which the tester may be."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@contextlib.contextmanager
def closed_folder(folder):
    """Nobody may write into a folder, or into those below it."""
    folders = [folder, *(x for x in folder.rglob("*") if x.is_dir())]
    for path in folders:
        path.chmod(0o555)
    try:
        with unprivileged():
            yield
    finally:
        for path in folders:
            path.chmod(0o755)


@contextlib.contextmanager
def open_folder():
    """Yields a folder that each user can look into."""
    folder = pathlib.Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def contents(folder):
    """Returns path -> bytes, of all files that hold something."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.stat().st_size
    }
