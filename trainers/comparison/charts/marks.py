"""Marks of variants: a color and a shape each, also told apart without color.

There are 7 colors and 6 shapes, so that 42 variants have different marks.
"""

import math

from ....layers.diagnosis.markup import element
from .chart import place

COLORS = 7

#: Matplotlib's name -> path around (0, 0), about 1 in radius.
_SHAPES = {
    "o": "M-1,0a1,1 0 1,0 2,0a1,1 0 1,0 -2,0Z",
    "s": "M-.9,-.9H.9V.9H-.9Z",
    "^": "M0,-1.15L1.1,.85H-1.1Z",
    "D": "M0,-1.25L1.25,0L0,1.25L-1.25,0Z",
    "v": "M0,1.15L1.1,-.85H-1.1Z",
    "P": "M-.4,-1.1H.4V-.4H1.1V.4H.4V1.1H-.4V.4H-1.1V-.4H-.4Z",
}
_CROSS = "M-1,-1L1,1M-1,1L1,-1"
_RADIUS = 4
_MOST = 8  # on a line


def color(index):
    """Returns the class of the color of a variant."""
    return f"s{index % COLORS}"


def marker(index):
    """Returns Matplotlib's name of the shape of a variant."""
    return list(_SHAPES)[index % len(_SHAPES)]


def marked(points):
    """Returns which of so many points of a line have a mark, a `slice`."""
    stride = max(1, math.ceil(points / _MOST))
    # The last one has: it is what counts.
    return slice((points - 1) % stride, None, stride)


def mark(index, x, y, radius=_RADIUS):
    """Returns the mark of a variant at a place.

    Args:
        index: of the variant.
        x, y: the place.
        radius: of the mark.
    """
    shape = _SHAPES[marker(index)]
    return _at(shape, x, y, radius, f"mark {color(index)}")


def cross(index, x, y, radius=_RADIUS):
    """Returns the mark of a run that diverged."""
    return _at(_CROSS, x, y, radius, f"cross {color(index)}")


def _at(shape, x, y, radius, class_):
    moved = f"translate({place(x)} {place(y)}) scale({place(radius)})"
    return element("path", d=shape, transform=moved, class_=class_)


def key(names):
    """Returns the list that tells which mark is whose.

    Args:
        names: of the variants, in their order.
    """
    items = [
        element("li", _sample(index), name) for index, name in enumerate(names)
    ]
    return element("ul", *items, class_="key")


def _sample(index):
    return element(
        "svg",
        element("path", d="M0,7H24", class_=f"line {color(index)}"),
        mark(index, 12, 7),
        viewBox="0 0 24 14",
        aria_hidden="true",
    )
