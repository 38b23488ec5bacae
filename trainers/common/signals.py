"""Ending a run by SIGTERM or Ctrl-C without losing a step."""

import contextlib
import os
import signal
import threading

from .errors import EXIT_RESTART

#: Signal -> the exit code once everything is saved. 130 is what shells report
#: for Ctrl-C.
EXIT_CODES = {signal.SIGTERM: EXIT_RESTART, signal.SIGINT: 130}


class Interrupted(SystemExit):
    """Ends the process: a signal came, and the state has been saved.

    Attributes:
        code: the exit code, of `EXIT_CODES`.
    """


class StopRequest:
    """Whether a signal has asked for the end.

    Attributes:
        signal: which one, or None.
    """

    def __init__(self):
        self.signal = None

    def raise_if_wanted(self):
        """Raises the `Interrupted` of the signal, if one has come."""
        if self.signal is not None:
            raise Interrupted(EXIT_CODES[self.signal])


_current = None


@contextlib.contextmanager
def catch(also=None, quiet=False):
    """Yields a `StopRequest` that notes the first SIGTERM or Ctrl-C.

    The second one ends the process at once, with exit code 143 or 130. Inside
    another `catch` the same request is yielded. Only the main thread can catch
    signals; in other ones, and for signals that the process ignores, nothing
    changes.

    Args:
        also: function without arguments that the first signal calls, in a
            thread.
        quiet: whether nothing is said of the signal.
    """
    global _current
    in_main_thread = threading.current_thread() is threading.main_thread()
    if _current is not None or not in_main_thread:
        yield _current or StopRequest()
        return
    _current = StopRequest()
    try:
        with _watched(_current, also, quiet):
            yield _current
    finally:
        _current = None


@contextlib.contextmanager
def interrupt_blocked():
    """Holds Ctrl-C back; processes that are started inside never hear of it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _watched(stop, also, quiet):
    # Python runs its handlers between two bytecodes, and a training step can
    # be one for minutes. The wake-up file hears of a signal at once.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    thread = threading.Thread(
        target=_watch, args=(reader, stop, also, quiet), daemon=True
    )
    thread.start()
    before = {
        number: signal.signal(number, lambda *_: None)
        for number in EXIT_CODES
        if signal.getsignal(number) != signal.SIG_IGN
    }
    wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(writer)
        thread.join()
        os.close(reader)


def _watch(reader, stop, also, quiet):
    while byte := os.read(reader, 1):
        number = signal.Signals(byte[0])
        if number not in EXIT_CODES:
            continue
        if stop.signal is not None:
            os._exit(128 + number)
        stop.signal = number
        text = (
            f"\n{number.name}: ending after this step, with everything saved. "
            "A second one ends at once.\n"
        )
        if not quiet:
            os.write(2, text.encode())
        if also is not None:
            also()
