"""Arrays that are larger than memory, in files without a name.

Such a file is gone when its array is, however the process ends.
"""

import contextlib
import math

import numpy as np

from ...common.errors import InputError
from .pieces import fits, pieces
from .scratch import check_room, folder, new_file, writing_there


class Pile(contextlib.AbstractContextManager):
    """The parts of an array that come one behind the other, as a context.

    They are in memory, and from `spill` on on the disk.
    """

    def __init__(self):
        self._parts, self._file = [], None
        self._dtype = self._shape = None
        self._count = 0
        # Of what is on the disk: type and length of parts of one type.
        self._sections = []

    def __exit__(self, *error):
        if self._file is not None:
            self._file.close()

    def add(self, part):
        """Adds a part.

        Args:
            part: `(examples, ...)`; texts may have any width.

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
        if self._holds_texts(part):
            self._dtype = max(self._dtype, part.dtype, key=_width)
        self._count += len(part)
        if self._file is None:
            self._parts.append(part)
        else:
            self._write(part)

    @property
    def size(self):
        """Of all parts as one array, in bytes."""
        if self._dtype is None:
            return 0
        return self._count * math.prod(self._shape) * self._dtype.itemsize

    @property
    def is_spilled(self):
        """Whether `spill` has nothing to do."""
        return self._dtype.hasobject or self._file is not None

    def spill(self):
        """Moves to the disk. Objects stay in memory."""
        if self.is_spilled:
            return
        parts, self._parts = self._parts, []
        self._file = new_file()
        for part in parts:
            self._write(part)

    def array(self):
        """Returns all parts as one array; what is on the disk is mapped."""
        if self._file is None:
            return np.concatenate(self._parts)
        with writing_there():
            self._file.flush()
        if len(self._sections) == 1:
            return next(self._mapped())
        return _joined(self._mapped(), self._dtype, self.size)

    def _write(self, part):
        if not len(part):
            return
        if part.dtype != self._dtype and not self._holds_texts(part):
            raise InputError(
                "Data that are larger than memory must have one type. "
                f"Received: batches of {self._dtype} and of {part.dtype}."
            )
        with writing_there():
            self._file.write(np.ascontiguousarray(part))
        if not self._sections or self._sections[-1][0] != part.dtype:
            self._sections.append((part.dtype, 0))
        dtype, count = self._sections[-1]
        self._sections[-1] = dtype, count + len(part)

    def _holds_texts(self, part):
        return self._dtype.kind == part.dtype.kind == "U"

    def _mapped(self):
        """Yields what is on the disk, an array for each section."""
        begin = 0
        for dtype, count in self._sections:
            shape = (count, *self._shape)
            yield np.memmap(self._file, dtype, "r", begin, shape)
            begin += math.prod(shape) * dtype.itemsize


def _width(dtype):
    return dtype.itemsize


def _joined(arrays, dtype, size):
    """Returns arrays as one of a type, on the disk.

    Args:
        size: of the result, in bytes.
    """
    check_room(folder(), size)
    with Pile() as pile:
        for array in arrays:
            for piece in pieces(array):
                pile.add(piece.astype(dtype, copy=False))
                pile.spill()
        return pile.array()


def piecewise(function, array, dtype):
    """Returns what a function makes of an array; what is large is on the disk.

    Args:
        function: of an array, or of a piece of it, that returns an array of
            that shape.
        array: `(examples, ...)`.
        dtype: of what it returns.
    """
    size = array.size * np.dtype(dtype).itemsize
    if fits(size):
        return function(array)
    return _joined(map(function, pieces(array)), dtype, size)


def converted(array, dtype):
    """Returns an array in another type; one that is large is on the disk."""
    if array.dtype == dtype:
        return array
    return piecewise(lambda x: x.astype(dtype), array, dtype)
