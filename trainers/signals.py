"""Ending a run by SIGTERM or Ctrl-C without losing a step."""

import contextlib
import os
import signal
import threading

#: Signal -> the exit code once everything is saved. 75 is EX_TEMPFAIL of
#: sysexits.h, "try again"; 130 is what shells report for Ctrl-C.
EXIT_CODES = {signal.SIGTERM: 75, signal.SIGINT: 130}


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

    def raise_interrupted(self):
        """Raises the `Interrupted` of the signal."""
        raise Interrupted(EXIT_CODES[self.signal])


_current = None


@contextlib.contextmanager
def catch(also=None):
    """Yields a `StopRequest` that notes the first SIGTERM or Ctrl-C.

    The second one ends the process at once. Inside another `catch` the same
    request is yielded. Only the main thread can catch signals; in other ones,
    and for signals that the process ignores, nothing changes.

    Args:
        also: function without arguments that the first signal calls.
    """
    global _current
    in_main_thread = threading.current_thread() is threading.main_thread()
    if _current is not None or not in_main_thread:
        yield _current or StopRequest()
        return
    _current = StopRequest()
    before = {
        number: signal.getsignal(number)
        for number in EXIT_CODES
        if signal.getsignal(number) != signal.SIG_IGN
    }

    def note(number, frame):
        _current.signal = number
        for caught in before:
            signal.signal(caught, signal.SIG_DFL)
        # print() may not be called while it runs.
        name = signal.Signals(number).name
        os.write(2, f"\n{name}: finishing the step.\n".encode())
        if also is not None:
            also()

    try:
        for number in before:
            signal.signal(number, note)
        yield _current
    finally:
        _current = None
        for number, handler in before.items():
            signal.signal(number, handler)
