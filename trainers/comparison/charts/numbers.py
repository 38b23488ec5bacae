"""Numbers beside the axes of a chart, and at which kind of scale."""

import math

from .linear import linear
from .log import log

_WIDE = 20  # largest / smallest number from which on a scale is logarithmic


def scale(numbers, start, end, margin=0.0, *, may_be_log=True):
    """Returns a scale that holds the finite ones of some numbers.

    It is logarithmic where they are positive and the largest is more than 20
    times the smallest.

    Args:
        numbers: there may be none.
        start, end, margin: as of `linear`.
        may_be_log: False: it is linear.
    """
    finite = [number for number in numbers if math.isfinite(number)] or [0, 1]
    low, high = min(finite), max(finite)
    wide = may_be_log and low > 0 and high > _WIDE * low
    return (log if wide else linear)(finite, start, end, margin)


def text(number):
    """Returns a tick's number, short.

    Example:

    >>> from normzoo.trainers.comparison.charts.numbers import text
    >>> text(-0.25), text(20000.0), text(1.5e6)
    ('-0.25', '20k', '1.5M')
    """
    size = abs(number)
    if 1e4 <= size < 1e6:
        shown = f"{size / 1e3:.4g}k"
    elif 1e6 <= size < 1e9:
        shown = f"{size / 1e6:.4g}M"
    else:
        shown = f"{size:.4g}"
    return f"-{shown}" if number < 0 else shown


def shortened(name, longest):
    """Returns a name without its middle if it is long."""
    if len(name) <= longest:
        return name
    half = (longest - 1) // 2
    return f"{name[: longest - 1 - half]}…{name[-half:]}"
