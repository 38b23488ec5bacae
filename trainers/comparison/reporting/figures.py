"""Numbers of a metric as tables and sentences show them."""

import math

_MOST_NAMED = 5


def cell(metric, interval, sign=""):
    """Returns an interval as a table shows it: `"97.2 [96.5, 97.8]"`.

    Args:
        metric: a `Metric`.
        interval: an `Interval` of it, or None.
        sign: `"+"` for a sign in front of positive numbers, too.
    """
    if interval is None or math.isnan(interval.center):
        return "n/a"
    center, low, high = (metric.text(end, sign) for end in interval[:3])
    # One seed has no interval.
    return f"{center} [{low}, {high}]" if interval.level else center


def value(metric, number):
    """Returns a value with its unit: `"97.21 %"`."""
    return metric.text(number) + (" %" if metric.scale == 100 else "")


def amount(metric, number):
    """Returns the size of a difference with its unit: `"1.23 points"`."""
    points = " points" if metric.scale == 100 else ""
    return metric.text(abs(number)) + points


def size(count):
    """Returns a number of bytes with its unit, in three digits.

    Example:

    >>> from normzoo.trainers.comparison.reporting.figures import size
    >>> size(256), size(4_321), size(1_999_600)
    ('256 B', '4.32 kB', '2 MB')
    """
    units = ["B", "kB", "MB", "GB", "TB"]
    while count >= 999.5 and len(units) > 1:
        count /= 1000
        del units[0]
    return f"{count:.3g} {units[0]}"


def between(metric, interval, sign=""):
    """Returns an interval's ends in words: `"0.80 to 1.66"`.

    Ends are infinite where diverged runs leave them open.
    """
    low, high = (metric.text(end, sign) for end in interval[1:3])
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        return f"{low} to {high}"
    if math.isfinite(interval.low):
        return f"at least {low}"
    if math.isfinite(interval.high):
        return f"at most {high}"
    return "no limits, since runs diverged"


def flipped(interval):
    """Returns the `Interval` of the difference the other way round."""
    center, low, high = (0.0 - end for end in interval[:3])  # 0 has no sign
    return interval._replace(center=center, low=high, high=low)


def percent(level):
    """Returns a level as text, cut and not rounded.

    Example:

    >>> from normzoo.trainers.comparison.reporting.figures import percent
    >>> percent(0.95), percent(1 - 0.05 / 12)
    ('95 %', '99.58 %')
    """
    # What is meant may lie just above the product of floats.
    return f"{math.floor(1e4 * level + 1e-6) / 100:g} %"


def joined(items, last="and"):
    """Returns items as an enumeration: `"a, b and c"`."""
    *first, end = items
    return f"{', '.join(first)} {last} {end}" if first else end


def few(items, last="and"):
    """Returns an enumeration that names at most five items.

    Example:

    >>> from normzoo.trainers.comparison.reporting.figures import few
    >>> few("abcde"), few("abcdef", "or")
    ('a, b, c, d and e', 'a, b, c, d or 2 others')
    """
    items = list(items)
    if len(items) > _MOST_NAMED:
        others = len(items) - _MOST_NAMED + 1
        items[_MOST_NAMED - 1 :] = [f"{others} others"]
    return joined(items, last)


def plural(number, noun):
    """Returns `"1 seed"` or `"3 seeds"`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
