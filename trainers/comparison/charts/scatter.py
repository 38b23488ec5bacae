"""Points with intervals: what is gained against what it costs."""

import math
from typing import NamedTuple

from ....layers.diagnosis.markup import element
from .axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, axes, edge_line
from .chart import chart, line
from .edge import drawn, find_edge
from .marks import color, mark
from .numbers import scale


class Dot(NamedTuple):
    """One variant.

    Attributes:
        index: of the variant, for its mark.
        name: of the variant.
        x: what it costs, finite.
        center, low, high: what it reaches; what is infinite is infinitely bad.
    """

    index: int
    name: str
    x: float
    center: float
    low: float
    high: float


def scatter(head, dots, x_label, y_label, higher_is_better):
    """Returns the chart of some `Dot`s; arguments as of `lines`."""
    numbers = [n for d in dots for n in (d.center, d.low, d.high)]
    edge = find_edge(numbers, higher_is_better)
    lost = not all(map(math.isfinite, numbers))
    y = scale([*numbers, edge] if lost else numbers, BOTTOM, TOP, 0.08)
    x = scale([dot.x for dot in dots], LEFT, RIGHT, 0.08)
    parts = [axes(x, y, x_label, y_label)]
    if lost:
        parts.append(edge_line(y, edge))
    for dot in dots:
        at = x(dot.x)
        low, high = y(drawn(dot.low, edge)), y(drawn(dot.high, edge))
        parts.append(
            element(
                "g",
                element("title", dot.name),
                line(at, low, at, high, f"whisker {color(dot.index)}"),
                mark(dot.index, at, y(drawn(dot.center, edge)), 5),
            )
        )
    return chart(head, HEIGHT, *parts)
