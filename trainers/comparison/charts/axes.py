"""The axes of charts with numbers on both: ticks, grid, labels."""

from ....layers.diagnosis.markup import element
from .chart import WIDTH, line, text
from .numbers import text as number_text

HEIGHT = 270
LEFT, RIGHT = 50, WIDTH - 24
TOP, BOTTOM = 26, HEIGHT - 44


def axes(x, y, x_label, y_label):
    """Returns the axes as SVG.

    Args:
        x: scale from `LEFT` to `RIGHT`.
        y: scale from `BOTTOM` to `TOP`.
        x_label, y_label: what is shown, with its unit.
    """
    parts = []
    for number in y.ticks():
        at = y(number)
        parts.append(line(LEFT, at, RIGHT, at, "grid"))
        parts.append(text(LEFT - 6, at + 4, number_text(number), "end"))
    for number in x.ticks():
        at = x(number)
        parts.append(line(at, TOP, at, BOTTOM, "grid"))
        parts.append(text(at, BOTTOM + 16, number_text(number), "middle"))
    parts.append(line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis"))
    middle = (LEFT + RIGHT) / 2
    parts.append(text(middle, HEIGHT - 8, x_label, "middle", "label"))
    parts.append(text(4, 14, y_label, class_="label"))
    return element("g", *parts)


def edge_line(y, edge):
    """Returns the line at which runs that diverged are drawn."""
    return element(
        "g",
        line(LEFT, y(edge), RIGHT, y(edge), "edge"),
        text(LEFT + 4, y(edge) - 4, "diverged"),
    )
