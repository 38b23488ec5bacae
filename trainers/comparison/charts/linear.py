"""A linear scale: from numbers to places, and its ticks."""

import math
from typing import NamedTuple

_STEPS = (1, 2, 5, 10)


class Linear(NamedTuple):
    """From `low` to `high` in numbers, from `start` to `end` in places.

    Example:

    >>> from normzoo.trainers.comparison.charts.linear import Linear
    >>> scale = Linear(0, 10, 100, 200)
    >>> scale(5), scale.ticks(5)
    (150.0, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0])
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, number):
        """Returns the place of a number."""
        share = (number - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, count=4):
        """Returns about `count` round numbers in the scale, rising."""
        wanted = (self.high - self.low) / count
        power = 10 ** math.floor(math.log10(wanted))
        step = next(s * power for s in _STEPS if s * power >= 0.999 * wanted)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        # Rounded: three times 0.1 is not 0.3.
        digits = max(0, 1 - math.floor(math.log10(step)))
        return [round(i * step, digits) + 0.0 for i in range(first, last + 1)]


def linear(numbers, start, end, margin=0.0):
    """Returns a scale that holds numbers.

    Args:
        numbers: finite ones; of a single one it is the middle.
        start: place of the least one.
        end: place of the largest one.
        margin: left free at both ends, a share of the numbers' range.
    """
    low, high = min(numbers), max(numbers)
    if low == high:
        half = abs(low) / 10 or 1.0
        return Linear(low - half, high + half, start, end)
    free = margin * (high - low)
    return Linear(low - free, high + free, start, end)
