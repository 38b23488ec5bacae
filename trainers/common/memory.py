"""How much memory is free."""

import os
import pathlib

_MEMINFO = pathlib.Path("/proc/meminfo")  # of Linux


def free_bytes():
    """Returns the bytes of memory that are free."""
    if _MEMINFO.exists():
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
        for line in lines:
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
