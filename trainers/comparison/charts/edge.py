"""Where what is infinitely bad is drawn: at an edge beyond all the rest."""

import math

_MARGIN = 0.08  # of the range of what is finite


def find_edge(numbers, higher_is_better):
    """Returns the place of infinitely bad numbers; 0.0 if none is finite.

    Args:
        numbers: all that are drawn.
        higher_is_better: of the metric.
    """
    finite = [number for number in numbers if math.isfinite(number)]
    if not finite:
        return 0.0
    low, high = min(finite), max(finite)
    margin = _MARGIN * ((high - low) or 1.0)
    return low - margin if higher_is_better else high + margin


def drawn(number, edge):
    """Returns where a number is drawn."""
    return number if math.isfinite(number) else edge
