"""The colors of the page, of a light and of a dark one.

Text has a contrast of 4.5 or more on each background, marks and lines have 3
(WCAG 2.2, AA). The colors of variants are those of Okabe and Ito, which are
told apart by the color-blind, made darker or lighter as far as that needs.
"""

from ..charts.marks import COLORS

TEXTS = ("text", "muted", "link", "good", "bad")
BACKGROUNDS = ("page", "surface")
SERIES = tuple(f"s{index}" for index in range(COLORS))

_LIGHT_SERIES = (
    "#0065a3",
    "#d45c00",
    "#00966d",
    "#c75d9f",
    "#6b5000",
    "#3d93cc",
    "#303030",
)
_DARK_SERIES = (
    "#5c9dff",
    "#f0803c",
    "#35d39c",
    "#d77bb0",
    "#f2d16b",
    "#a6d8fa",
    "#f2f2f2",
)

LIGHT = {
    "page": "#ffffff",
    "surface": "#f3f5f7",
    "text": "#1b1f24",
    "muted": "#55606b",
    "link": "#0b57a4",
    "good": "#0a5c36",
    "bad": "#9b1c1c",
    "rule": "#d3d9df",
    "axis": "#6b7680",
    "least": "#dfe5ea",
    **dict(zip(SERIES, _LIGHT_SERIES, strict=True)),
}
DARK = {
    "page": "#14181d",
    "surface": "#1d232a",
    "text": "#e6e9ed",
    "muted": "#a7b1bc",
    "link": "#7cb7ff",
    "good": "#6fd39b",
    "bad": "#ff9b93",
    "rule": "#353e48",
    "axis": "#8b96a1",
    "least": "#2b343d",
    **dict(zip(SERIES, _DARK_SERIES, strict=True)),
}


def variables(colors):
    """Returns colors as CSS variables."""
    return "".join(f"--{name}:{color};" for name, color in colors.items())


def contrast(color, other):
    """Returns the contrast of two colors, from 1 to 21, as WCAG defines it.

    Example:

    >>> from normzoo.trainers.comparison.page.palette import contrast
    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    low, high = sorted(map(_luminance, (color, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color):
    shares = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
