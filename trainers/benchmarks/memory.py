"""The memory of a process, in bytes."""

import multiprocessing
import os
import pathlib
import resource
import subprocess
import sys

_STATUS = pathlib.Path("/proc/self/status")  # of Linux


def resident():
    """Returns the memory that the process holds now."""
    if _STATUS.exists():
        return _status("VmRSS")
    command = ["ps", "-o", "rss=", "-p", str(os.getpid())]
    return 1024 * int(subprocess.check_output(command))


def peak():
    """Returns the most that the process has held so far."""
    # Linux keeps the parent's peak in a new process' ru_maxrss, not in VmHWM.
    if _STATUS.exists():
        return _status("VmHWM")
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def in_own_process(function, *arguments):
    """Returns what a function returns that looks at its process' peak.

    The system knows only the peak of a process' whole life.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(function, arguments)


def _status(key):
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(f"{key}:"))
    return 1024 * int(line.split()[1])
