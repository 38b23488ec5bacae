"""Where files without a name are, and whether the disk has room."""

import os
import pathlib
import shutil
import tempfile

from ...common.errors import InputError, writing


def new_file():
    """Returns a new file that is gone when it is closed or its process ends."""
    return tempfile.TemporaryFile(dir=folder())


def folder():
    """Returns the folder for arrays that are larger than memory.

    It is `TMPDIR`, or else `/var/tmp`: `/tmp` may itself be in memory.
    """
    lasting = pathlib.Path("/var/tmp")
    if "TMPDIR" in os.environ or not os.access(lasting, os.W_OK):
        return tempfile.gettempdir()
    return str(lasting)


def check_room(where, size):
    """Raises `InputError` unless a folder's disk has room for some bytes."""
    free = shutil.disk_usage(where).free
    if free < size:
        raise InputError(
            f"The disk of {where} has {free / 1e9:.1f} GB left, and the data "
            f"take {size / 1e9:.1f} GB there. Make room, take a part of the "
            "data, or name a folder on a larger disk: as the workdir, and in "
            "the environment variable TMPDIR while data are read."
        )


def writing_there():
    """Returns a context that says it if the folder cannot be written to."""
    return writing(f"Data in {folder()}")
