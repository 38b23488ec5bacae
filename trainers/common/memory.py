"""How much memory is free, and how much variables take."""

import math
import os
import pathlib

import tensorflow as tf

_MEMINFO = pathlib.Path("/proc/meminfo")  # of Linux
_GROUP = pathlib.Path("/sys/fs/cgroup")  # of Linux: that of a container
#: Names of its files: the limit, what is used of it, and the details of that
#: with the name of what can be taken back. Version 2's, and version 1's.
_FILES = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        "memory/memory.stat",
        "total_inactive_file",
    ),
)


def free_bytes():
    """Returns the bytes of memory that are free, in a container as well."""
    return max(min(_free_of_machine(), *map(_free_of_group, _FILES)), 0)


def _free_of_machine():
    if _MEMINFO.exists():
        found = _entries(_MEMINFO)
        if "MemAvailable:" in found:
            return 1024 * found["MemAvailable:"]
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _free_of_group(files):
    limit, used, details, cached = files
    try:
        limit = (_GROUP / limit).read_text(encoding="ascii").strip()
        if limit == "max":
            return math.inf
        used = int((_GROUP / used).read_text(encoding="ascii"))
        cached = _entries(_GROUP / details).get(cached, 0)
    except OSError:
        return math.inf  # no such group
    return int(limit) - used + cached


def _entries(file):
    """Returns name -> number, of a file with one of each in a line."""
    lines = map(str.split, file.read_text(encoding="ascii").splitlines())
    return {line[0]: int(line[1]) for line in lines if len(line) > 1}


def bytes_of(variables):
    """Returns the bytes of variables, TensorFlow's or Keras'."""
    return sum(
        math.prod(variable.shape) * tf.as_dtype(variable.dtype).size
        for variable in variables
    )
