"""Intervals one below the other, with the numbers that they are made of."""

import math
from typing import NamedTuple

from ....layers.diagnosis.markup import element
from .chart import WIDTH, chart, line, place, text
from .marks import color, cross, mark
from .numbers import scale, shortened
from .numbers import text as number_text

_LEFT, _RIGHT = 16, WIDTH - 16
_ABOVE = 26  # for the words on both sides of a band
_ROW = 42  # a line of text, and the interval below it
_BELOW = 44
_WIDE, _BOLD = 7.5, 8.5  # of a character, about


class Span(NamedTuple):
    """One interval.

    Attributes:
        index: of the variant, for its mark.
        name: of the variant.
        says: the interval in numbers.
        center, low, high: of the interval; they may be infinite.
        points: the numbers that it is made of; they may be infinite.
    """

    index: int
    name: str
    says: str
    center: float
    low: float
    high: float
    points: list


class Band(NamedTuple):
    """The differences that do not count: from -`least` to `least`.

    Attributes:
        least: the difference that counts from there on.
        says: what it is, a few words.
        left, right: what lies on both sides, such as `"worse"`.
    """

    least: float
    says: str
    left: str
    right: str


def spans(head, rows, x_label, band=None):
    """Returns the chart of some `Span`s.

    Args:
        head: its `Head`.
        rows: the `Span`s.
        x_label: what the axis shows.
        band: a `Band` around zero, or None.
    """
    numbers = [n for r in rows for n in (r.center, r.low, r.high, *r.points)]
    if band:
        numbers += [-band.least, band.least]
    x = scale(numbers, _LEFT, _RIGHT, 0.06, may_be_log=False)
    top = _ABOVE if band else 4
    bottom = top + _ROW * len(rows)
    parts = _band(band, x, top, bottom) if band else []
    parts += _axis(x, x_label, top, bottom)
    if band:
        parts.append(line(x(0), top, x(0), bottom, "axis"))
    for i, row in enumerate(rows):
        parts.append(_row(row, x, top + _ROW * i))
    return chart(head, bottom + _BELOW, *parts)


def _band(band, x, top, bottom):
    left, right = x(-band.least), x(band.least)
    area = element(
        "rect",
        element("title", band.says),
        x=place(left),
        y=top,
        width=place(right - left),
        height=bottom - top,
        class_="least",
    )
    return [
        area,
        text(_LEFT, 14, f"← {band.left}"),
        text(_RIGHT, 14, f"{band.right} →", "end"),
    ]


def _axis(x, x_label, top, bottom):
    parts = []
    for number in x.ticks():
        at = x(number)
        parts.append(line(at, top, at, bottom, "grid"))
        parts.append(text(at, bottom + 16, number_text(number), "middle"))
    middle = (_LEFT + _RIGHT) / 2
    label = text(middle, bottom + 36, x_label, "middle", "label")
    return [*parts, line(_LEFT, bottom, _RIGHT, bottom, "axis"), label]


def _row(row, x, top):
    room = (_RIGHT - _LEFT - _WIDE * (len(row.says) + 2)) // _BOLD
    name = shortened(row.name, max(int(room), 9))
    y = top + 28
    center = None
    if math.isfinite(row.center):
        center = mark(row.index, x(row.center), y, 5)
    return element(
        "g",
        element("title", f"{row.name}: {row.says}"),
        text(_LEFT, top + 15, name, class_="name"),
        text(_RIGHT, top + 15, row.says, "end"),
        *(_point(row.index, number, x, y) for number in row.points),
        *_whisker(row, x, y),
        center,
    )


def _whisker(row, x, y):
    """Yields the lines of an interval; an infinite end has no stroke."""
    class_ = f"whisker {color(row.index)}"
    low, high = (_place(end, x) for end in (row.low, row.high))
    yield line(low, y, high, y, class_)
    for at, end in ((low, row.low), (high, row.high)):
        if math.isfinite(end):
            yield line(at, y - 5, at, y + 5, class_)


def _place(number, x):
    """Returns where a number is, infinite ones at the ends of the scale."""
    return x(min(max(number, x.low), x.high))


def _point(index, number, x, y):
    at = _place(number, x)
    if not math.isfinite(number):
        return cross(index, at, y)
    class_ = f"dot {color(index)}"
    return element("circle", cx=place(at), cy=place(y), r=3, class_=class_)
