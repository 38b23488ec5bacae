"""Files of NumPy's that hold several arrays, mapped rather than read."""

import math
import os
import struct
import zipfile
import zlib

import numpy as np

from ...common.errors import InputError
from .pieces import BYTES, fits
from .piles import Pile
from .scratch import check_room, folder

#: Of an archive: what stands in front of each member, without its name.
_HEADER = 30
#: What `zipfile` adds to it for members of any size.
_SIZES = 20
#: Arrays begin at a multiple of it, as the ones in memory do.
_ALIGNMENT = 64
#: The number of the extra field that other programs align members with.
_PADDING = 0xD935

_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

_UNREADABLE = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)


def read(path):
    """Returns name -> array of a `.npz` file.

    Arrays that are not compressed are mapped: the system reads what is looked
    at, and forgets it when memory is needed. They cannot be written to. So are
    compressed ones that memory has no room for, once they are unpacked.

    Args:
        path: of the file, which nobody changes.

    Raises:
        InputError: it cannot be read, or the disk has no room.
    """
    try:
        with zipfile.ZipFile(path) as archive, np.load(path) as arrays:
            members, found = archive.infolist(), {}
            size = sum(x.file_size for x in members if _is_compressed(x))
            for info in members:
                name, array = info.filename.removesuffix(".npy"), None
                if not _is_compressed(info):
                    array = _mapped(path, info)
                elif not fits(size):
                    array = _unpacked(archive, info)
                found[name] = arrays[name] if array is None else array
            return found
    except InputError:
        raise
    except _UNREADABLE as error:
        raise InputError(
            f"The arrays {path} cannot be read: {error}."
        ) from error


def write(path, arrays):
    """Writes name -> array as a `.npz` file that can be mapped.

    Raises:
        InputError: the disk has no room for it.
    """
    check_room(os.path.dirname(path), sum(x.nbytes for x in arrays.values()))
    with open(path, "wb") as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy")
            begin = file.tell() + _HEADER + len(info.filename.encode()) + _SIZES
            size = -(begin + 4) % _ALIGNMENT
            info.extra = struct.pack("<HH", _PADDING, size) + bytes(size)
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _is_compressed(info):
    return info.compress_type != zipfile.ZIP_STORED


def _mapped(path, info):
    """Returns the array of a member, or None if it has to be read."""
    with open(path, "rb") as file:
        file.seek(info.header_offset)
        lengths = struct.unpack("<HH", file.read(_HEADER)[-4:])
        file.seek(sum(lengths), os.SEEK_CUR)
        if (header := _header(file)) is None:
            return None
        shape, is_fortran, dtype = header
        order = "F" if is_fortran else "C"
        return np.memmap(path, dtype, "r", file.tell(), shape, order)


def _unpacked(archive, info):
    """Returns the array of a compressed member on the disk.

    None if it has to be read.
    """
    with archive.open(info) as member, Pile() as pile:
        if (header := _header(member)) is None:
            return None
        shape, is_fortran, dtype = header
        length, *others = shape[::-1] if is_fortran else shape
        check_room(folder(), info.file_size)
        size = math.prod(others) * dtype.itemsize
        while part := member.read(max(BYTES // size, 1) * size):
            pile.add(np.frombuffer(part, dtype).reshape(-1, *others))
            pile.spill()
        array = pile.array()
    if len(array) != length:
        raise ValueError(f"{info.filename} has {len(array)} of {length} rows")
    return array.T if is_fortran else array


def _header(file):
    """Returns shape, whether columns come first, and type of an array.

    None of one that is neither mapped nor unpacked.
    """
    read_header = _READERS.get(np.lib.format.read_magic(file))
    if read_header is None:
        return None
    shape, is_fortran, dtype = read_header(file)
    if dtype.hasobject or not shape or not math.prod(shape) * dtype.itemsize:
        return None
    return shape, is_fortran, dtype
