"""Files of NumPy's that hold several arrays, mapped rather than read."""

import math
import os
import struct
import zipfile

import numpy as np

from ...common.errors import InputError
from .scratch import check_room

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


def read(path):
    """Returns name -> array of a `.npz` file.

    Arrays that are not compressed are mapped: the system reads what is looked
    at, and forgets it when memory is needed. They cannot be written to.

    Args:
        path: of the file, which nobody changes.

    Raises:
        InputError: it cannot be read.
    """
    found = {}
    try:
        with zipfile.ZipFile(path) as archive, np.load(path) as arrays:
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                mapped = _mapped(path, info)
                found[name] = arrays[name] if mapped is None else mapped
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(
            f"The arrays {path} cannot be read: {error}."
        ) from error
    return found


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


def _mapped(path, info):
    """Returns the array of a member, or None if it has to be read."""
    if info.compress_type != zipfile.ZIP_STORED:
        return None
    with open(path, "rb") as file:
        file.seek(info.header_offset)
        lengths = struct.unpack("<HH", file.read(_HEADER)[-4:])
        file.seek(sum(lengths), os.SEEK_CUR)
        read_header = _READERS.get(np.lib.format.read_magic(file))
        if read_header is None:
            return None
        shape, is_fortran, dtype = read_header(file)
        if dtype.hasobject or not shape or not math.prod(shape):
            return None
        order = "F" if is_fortran else "C"
        return np.memmap(path, dtype, "r", file.tell(), shape, order)
