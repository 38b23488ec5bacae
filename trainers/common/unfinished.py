"""Places for what is being written, and those that were left."""

import contextlib
import glob
import os
import pathlib
import shutil
import tempfile

try:
    import fcntl
except ImportError:  # no POSIX system: what is left stays there
    fcntl = None

# Of a name that may be as long as the file system allows, in bytes.
_LONGEST = 200
# As `tempfile` draws it.
_DRAWN = "?" * 8


@contextlib.contextmanager
def place_for(path):
    """Yields a path for what is to be put at another one when it is complete.

    It has the name of `path` and is in a new hidden folder beside it, which is
    removed at the end. Those that processes which were killed have left for the
    same path are removed at the beginning; those of living ones stay.

    Args:
        path: a `pathlib.Path`, there or not.
    """
    ending = path.name.encode()[-_LONGEST:].decode(errors="ignore")
    for left in path.parent.glob(f".{_DRAWN}.{glob.escape(ending)}"):
        with contextlib.suppress(OSError), _locked(left, wait=False):
            shutil.rmtree(left)
    with contextlib.ExitStack() as stack:
        yield _new_folder(path.parent, ending, stack) / path.name


def _new_folder(parent, ending, stack):
    """Returns a new folder, which is locked; the stack removes it."""
    while True:
        name = tempfile.mkdtemp(dir=parent, prefix=".", suffix=f".{ending}")
        folder = pathlib.Path(name)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        # Some file systems have no locks.
        with contextlib.suppress(OSError):
            stack.enter_context(_locked(folder, wait=True))
        # Before it was locked, another process may have removed it.
        if folder.exists():
            return folder


@contextlib.contextmanager
def _locked(folder, wait):
    """Holds the lock of a folder; the system frees that of a dead process.

    Files would not do: HDF5 locks those that it writes.
    """
    if fcntl is None:
        raise OSError("no locks")
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)
