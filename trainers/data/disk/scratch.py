"""Arrays that are larger than memory, in files without a name.

Such a file is gone when its array is, however the process ends.
"""

import contextlib
import os
import pathlib
import shutil
import tempfile

import numpy as np

from ...common.errors import InputError, writing
from .pieces import fits, pieces


class Pile(contextlib.AbstractContextManager):
    """The parts of an array that come one behind the other, as a context.

    They are in memory, and from `spill` on on the disk.

    Attributes:
        size: of all parts, in bytes.
    """

    def __init__(self):
        self.size = 0
        self._parts, self._file = [], None
        self._dtype = self._shape = None
        self._count = 0

    def __exit__(self, *error):
        if self._file is not None:
            self._file.close()

    def add(self, part):
        """Adds a part.

        Args:
            part: `(examples, ...)`.

        Raises:
            InputError: the disk is full, or the parts there differ in type.
            ValueError: they differ in shape.
        """
        if not part.ndim:
            raise ValueError(f"{part} is no batch of examples")
        if self._dtype is None:
            self._dtype, self._shape = part.dtype, part.shape[1:]
        if part.shape[1:] != self._shape:
            raise ValueError(f"{self._shape} and {part.shape[1:]}")
        self.size += part.nbytes
        self._count += len(part)
        if self._file is None:
            self._parts.append(part)
        else:
            self._write(part)

    @property
    def is_spilled(self):
        """Whether `spill` has nothing to do."""
        return self._dtype.hasobject or self._file is not None

    def spill(self):
        """Moves to the disk. Texts stay: their sizes differ."""
        if self.is_spilled:
            return
        parts, self._parts = self._parts, []
        self._file = tempfile.TemporaryFile(dir=folder())  # noqa: SIM115
        for part in parts:
            self._write(part)

    def array(self):
        """Returns all parts as one array; what is on the disk is mapped."""
        if self._file is None:
            return np.concatenate(self._parts)
        with _writing():
            self._file.flush()
        shape = (self._count, *self._shape)
        return np.memmap(self._file, self._dtype, "r", shape=shape)

    def _write(self, part):
        if part.dtype != self._dtype:
            raise InputError(
                "Data that are larger than memory must have one type. "
                f"Received: batches of {self._dtype} and of {part.dtype}."
            )
        with _writing():
            self._file.write(np.ascontiguousarray(part))


def converted(array, dtype):
    """Returns an array in another type; one that is large is on the disk."""
    if array.dtype == dtype:
        return array
    size = array.size * np.dtype(dtype).itemsize
    if fits(size):
        return array.astype(dtype)
    check_room(folder(), size)
    with Pile() as pile:
        for piece in pieces(array):
            pile.add(piece.astype(dtype))
            pile.spill()
        return pile.array()


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


def _writing():
    return writing(f"Data in {folder()}", "")
