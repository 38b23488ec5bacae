"""The start of a script: without TensorFlow's noise, and with a quiet Ctrl-C.

Only the standard library is imported here, because this runs first.
"""

import atexit
import contextlib
import gc
import os
import re
import signal
import sys
import threading

#: What the shell reports for Ctrl-C.
INTERRUPTED = 130

#: The module of the worker processes.
WORKERS = "normzoo.trainers.comparison.engines.processes"

#: The names of the scripts.
SCRIPT = re.compile(r"normzoo\.trainers\.\w+$")

# Absl's C++ code writes these lines whatever TF_CPP_MIN_LOG_LEVEL says. Other
# failures of cuInit, and whatever is not listed, are real.
_NOISE = re.compile(
    rb"""WARNING:\ All\ log\ messages\ before\ absl::InitializeLog
    | To\ enable\ the\ following\ instructions:
    # The level, as in "I0000 00:00:1795650147.7 4616 " or "2026-...: I ".
    | (I\d{4}\ |\d{4}-[^\ ]+\ [^\ ]+:\ I\ )\S*.*\.(cc|h):\d+\]
    | ([WE]\d{4}\ |\d{4}-[^\ ]+\ [^\ ]+:\ [WE]\ ).*\.(cc|h):\d+\]\ .*(
        oneDNN\ custom\ operations
        | [Uu]nable\ to\ register\ cu(FFT|DNN|BLAS)\ factory
        | computation\ placer\ already\ registered
        | Could\ not\ find\ TensorRT
        | failed\ call\ to\ cuInit:.*(UNKNOWN\ ERROR\ \(303\)|NO_DEVICE)
    )""",
    re.VERBOSE,
)


def is_script():
    """Returns whether Python is about to run one of the scripts."""
    # `python -m` sets the script's name only after importing its package.
    return sys.argv[:1] == ["-m"] and any(map(SCRIPT.match, sys.orig_argv))


def collect_seldom():
    """Has Python look for unreachable objects less often.

    To look through what the imports have made, which stays, again and again
    took a fifteenth of a short comparison.
    """
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def is_server():
    """Returns whether this process imports what workers need, and forks them.

    See `common.processes`.
    """
    # The server is started as `python -c "...main(..., ['MODULE'], ...)"`.
    return any(repr(WORKERS) in argument for argument in sys.orig_argv)


def leave_on_interrupt():
    """Has Ctrl-C end the process with one line, until `app.run`."""
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, _leave)


def ignore_interrupt():
    """Leaves Ctrl-C, which reaches all processes, to this one's parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def end_at_once():
    """Has the process end without taking apart what it has imported.

    The server of the workers has nothing else to end. Whoever reads all that a
    script writes, as a pipe does, waits for the server as well: over a second.
    """
    atexit.register(os._exit, 0)


@contextlib.contextmanager
def quiet():
    """Keeps the noise of TensorFlow's import out of stderr.

    It does so in a script, or a worker of one, that has not imported it yet. In
    other processes nothing changes.
    """
    if _is_ours() and "tensorflow" not in sys.modules:
        with without_noise():
            yield
    else:
        yield


def load():
    """Imports Keras as scripts and their workers need it."""
    if not _is_ours():
        return
    with _hidden("sklearn"):
        import keras  # noqa: F401
    if not is_server():
        _look_for_devices()


def look_for_devices():
    """Has a forked worker look for devices, which its server must not do.

    CUDA does not work in a fork of a process that has started it.
    """
    if is_server():
        with without_noise():
            _look_for_devices()


def _look_for_devices():
    import tensorflow as tf

    # It is noisy once more when it first does so.
    tf.config.list_physical_devices()


def _is_ours():
    """Returns whether this process is a script, or a worker of one."""
    # What `multiprocessing` says of the parent is not set yet in a worker.
    return is_server() or any(
        argument == "--multiprocessing-fork"
        or argument.startswith("normzoo.trainers.")
        for argument in sys.orig_argv
    )


@contextlib.contextmanager
def _hidden(package):
    """Has a package look as if it were not installed, inside.

    Keras imports scikit-learn wherever it is, for wrappers that no script uses:
    a second of each start.
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None
    try:
        yield
    finally:
        del sys.modules[package]


def _leave(number, frame):
    # An exception would come from the middle of someone's import.
    os.write(2, b"\nInterrupted: nothing has been started.\n")
    os._exit(INTERRUPTED)


@contextlib.contextmanager
def without_noise():
    """Drops the known lines of noise that are written to stderr inside.

    All other lines pass, also those of a process that dies inside: a process
    of its own reads them. Where that cannot be, nothing is dropped.
    """
    alone = threading.active_count() == 1  # else forking is not safe
    if sys.stderr is None or not alone or not hasattr(os, "fork"):
        yield
        return
    sys.stderr.flush()
    reader, writer = os.pipe()
    helper = os.fork()
    if not helper:
        os.close(writer)
        _pass_on(reader)
    os.close(reader)
    stderr = os.dup(2)
    os.dup2(writer, 2)
    os.close(writer)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(stderr, 2)
        os.close(stderr)
        os.waitpid(helper, 0)


def _pass_on(reader):
    """Copies what is not noise to stderr, and ends the process."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        with open(reader, "rb") as lines:
            for line in lines:
                if not is_noise(line):
                    os.write(2, line)
    finally:
        os._exit(0)


def is_noise(line):
    """Returns whether a line of bytes is known noise of TensorFlow's start."""
    return _NOISE.match(line) is not None
