"""A logarithmic scale: from positive numbers to places, and its ticks."""

import math
from typing import NamedTuple

_FEW = 1.5  # decades, up to which there are ticks between the powers of ten


class Log(NamedTuple):
    """From `low` to `high` in numbers, from `start` to `end` in places.

    Example:

    >>> from normzoo.trainers.comparison.charts.log import Log
    >>> scale = Log(1, 1000, 0, 300)
    >>> round(scale(10)), scale.ticks()
    (100, [1.0, 10.0, 100.0, 1000.0])
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, number):
        """Returns the place of a number."""
        share = math.log(number / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, count=4):
        """Returns at most about `count` powers of ten, or 1, 2, 5 times such.

        There may be none in a short scale.
        """
        decades = math.log10(self.high / self.low)
        first = math.floor(math.log10(self.low))
        last = math.ceil(math.log10(self.high))
        steps = (1, 2, 5) if decades <= _FEW else (1,)
        stride = max(1, math.ceil(decades / count))
        found = (
            step * 10.0**power
            for power in range(first, last + 1, stride)
            for step in steps
        )
        return [
            number
            for number in found
            if 0.999 * self.low <= number <= 1.001 * self.high
        ]


def log(numbers, start, end, margin=0.0):
    """Returns a scale that holds positive numbers; arguments as of `linear`."""
    low, high = min(numbers), max(numbers)
    free = (high / low) ** margin if low < high else 1.5
    return Log(low / free, high * free, start, end)
