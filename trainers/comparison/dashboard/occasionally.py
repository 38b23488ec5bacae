"""What is done now and then while something else takes long."""

import time

#: Of the time that passes, what the calls may take.
_SHARE = 0.02


class Occasionally:
    """Calls a function, unless its last call or the start is not long ago.

    Calls that take long are rarer: they take 2 % of the time at most.

    Args:
        function: of any arguments.
        seconds: between two calls, at least.
        clock: function that returns seconds.

    Example:

    >>> from normzoo.trainers.comparison.dashboard.occasionally import (
    ...     Occasionally)
    >>> now = iter([0, 10, 40, 41, 50])
    >>> say = Occasionally(print, clock=lambda: next(now))
    >>> for word in ("too early", "heard", "too early again"):
    ...     say(word)
    heard
    """

    def __init__(self, function, seconds=30.0, clock=time.monotonic):
        self._function, self._seconds, self._clock = function, seconds, clock
        self._next = clock() + seconds

    def __call__(self, *args):
        """Calls the function if it is time to."""
        start = self._clock()
        if start < self._next:
            return
        self._function(*args)
        end = self._clock()
        self._next = end + max(self._seconds, (end - start) / _SHARE)
