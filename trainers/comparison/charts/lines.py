"""Lines with bands: learning curves."""

import math
from typing import NamedTuple

from ....layers.diagnosis.markup import element
from .axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, axes, edge_line
from .chart import chart, place
from .edge import drawn, find_edge
from .marks import color, mark, marked
from .numbers import scale


class Line(NamedTuple):
    """The course of one variant.

    Attributes:
        index: of the variant, for its mark.
        name: of the variant.
        x: rising numbers.
        center, low, high: the line and the ends of its band; what is infinite
            is infinitely bad.
    """

    index: int
    name: str
    x: list
    center: list
    low: list
    high: list


def lines(head, courses, x_label, y_label, higher_is_better):
    """Returns the chart of some `Line`s.

    Args:
        head: its `Head`.
        courses: the `Line`s.
        x_label, y_label: what the axes show.
        higher_is_better: of what is on the y axis.
    """
    numbers = [
        number for c in courses for number in (*c.center, *c.low, *c.high)
    ]
    edge = find_edge(numbers, higher_is_better)
    lost = not all(map(math.isfinite, numbers))
    held = [*numbers, edge] if lost else numbers
    y = scale(held, BOTTOM, TOP, 0.03)
    x = scale([0, *(n for c in courses for n in c.x)], LEFT, RIGHT)
    parts = [axes(x, y, x_label, y_label)]
    if lost:
        parts.append(edge_line(y, edge))
    parts += [_band(each, x, y, edge) for each in courses]
    parts += [_line(each, x, y, edge) for each in courses]
    return chart(head, HEIGHT, *parts)


def _band(course, x, y, edge):
    places = [x(number) for number in course.x]
    low, high = (
        [y(drawn(number, edge)) for number in end]
        for end in (course.low, course.high)
    )
    class_ = f"band {color(course.index)}"
    if len(places) == 1:  # it has no width
        way = _way([*zip(places * 2, low + high, strict=True)])
        return element("path", d=way, class_=f"line {color(course.index)}")
    there = zip(places, high, strict=True)
    back = zip(places[::-1], low[::-1], strict=True)
    return element("path", d=_way([*there, *back]) + "Z", class_=class_)


def _line(course, x, y, edge):
    points = [
        (x(a), y(drawn(b, edge)))
        for a, b in zip(course.x, course.center, strict=True)
    ]
    return element(
        "g",
        element("title", course.name),
        element("path", d=_way(points), class_=f"line {color(course.index)}"),
        *(mark(course.index, *point) for point in points[marked(len(points))]),
    )


def _way(points):
    return "M" + "L".join(f"{place(x)},{place(y)}" for x, y in points)
