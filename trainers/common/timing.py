"""Timing of several callables side by side."""

import statistics
import time


def interleaved(callables, repeats=25, warm_up=3):
    """Returns the median seconds of each callable.

    The callables take turns, so that a slower or a faster spell of the machine
    meets all of them alike and their ratios can be trusted where their times
    cannot. Before each timed call comes an untimed one, which brings caches
    and threads back from the callable before.

    Args:
        callables: a dict of name -> callable without arguments, which returns
            when its work is done; see `once`.
        repeats: the number of timed calls of each.
        warm_up: the number of calls of each before all others.

    Returns:
        A dict of name -> median seconds of a call.

    Example:

    >>> import time
    >>> from normzoo.trainers.common import timing
    >>> seconds = timing.interleaved(
    ...     {"short": lambda: None, "long": lambda: time.sleep(1e-3)}
    ... )
    >>> seconds["long"] > seconds["short"]
    True
    """
    for function in callables.values():
        for _ in range(warm_up):
            function()
    seconds = {name: [] for name in callables}
    for _ in range(repeats):
        for name, function in callables.items():
            function()
            seconds[name].append(once(function))
    return {name: statistics.median(s) for name, s in seconds.items()}


def once(function):
    """Calls a function without arguments; returns the seconds it takes.

    A callable whose work another process does has a method `timed`, which
    calls it and returns the seconds without those of asking and answering.
    """
    if hasattr(function, "timed"):
        return function.timed()
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def best(seconds, name):
    """Returns the least time of a subject, or None if there is none.

    Args:
        seconds: a dict of names like "subject, mode" -> seconds.
        name: a subject, or a subject and its mode.
    """
    times = (
        time
        for key, time in seconds.items()
        if key == name or key.startswith(f"{name}, ")
    )
    return min(times, default=None)
