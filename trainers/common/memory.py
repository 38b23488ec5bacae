"""How much memory is free, and how much variables take."""

import math
import os
import pathlib

import tensorflow as tf

_MEMINFO = pathlib.Path("/proc/meminfo")  # of Linux


def free_bytes():
    """Returns the bytes of memory that are free."""
    if _MEMINFO.exists():
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
        for line in lines:
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def bytes_of(variables):
    """Returns the bytes of variables, TensorFlow's or Keras'."""
    return sum(
        math.prod(variable.shape) * tf.as_dtype(variable.dtype).size
        for variable in variables
    )
