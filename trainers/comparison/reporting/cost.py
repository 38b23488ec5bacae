"""What a variant costs, in time and weights, in words."""

import math

#: Ratios of training times that are as good as one.
_SAME = 0.05


def cost(row, base):
    """Returns what a variant costs, compared with the baseline.

    Example: `"at 1.3 times the training time and 0.2 % more weights"`.

    Args:
        row: the variant's `Row`.
        base: the baseline's `Row`.
    """
    weights = _weights(row.parameters, base.parameters)
    times = row.seconds, base.seconds
    if not all(map(math.isfinite, times)) or not base.seconds:
        # One that ends early by diverging costs less, and is no measure.
        return f"with {weights} (no training times: runs diverged)"
    return f"at {_time(*times)} and {weights}"


def price(row):
    """Returns what a variant costs by itself.

    Example: `"12.3 s of training and 26,122 weights"`.
    """
    seconds = "diverging runs"
    if math.isfinite(row.seconds):
        seconds = f"{row.seconds:.3g} s of training"
    return f"{seconds} and {row.parameters:,} weights"


def _time(seconds, base):
    ratio = seconds / base
    if abs(ratio - 1) < _SAME:
        return "the same training time"
    return f"{ratio:.2g} times the training time"


def _weights(weights, base):
    if weights == base:
        return "the same number of weights"
    if not base or weights / base >= 2:
        return f"{weights:,} weights instead of {base:,}"
    percent = f"{100 * abs(weights / base - 1):.2g} %"
    return f"{percent} {'more' if weights > base else 'fewer'} weights"
