"""Draws docs/answer.svg: three answers of docs/results/every_norm.md.

python docs/site/answer.py
"""

import pathlib
import re
from xml.sax.saxutils import escape

DOCS = pathlib.Path(__file__).resolve().parents[1]
PICTURE = DOCS / "answer.svg"
#: Heading in every_norm.md -> what stands above its intervals.
PANELS = {
    "Digits, a CNN": "digits",
    "MNIST, a CNN": "MNIST",
    "CIFAR-10, a CNN": "CIFAR-10",
}
TITLE = "A small CNN: points of test accuracy more than without a norm"
LEAST = 0.5  # points that count
#: Verdict -> color and marker; each can be told without the color.
LOOKS = {
    "better": ("#0072b2", '<path d="M{x} {y}m-6 5l6 -11l6 11z" fill="{c}"/>'),
    "worse": ("#d55e00", '<path d="M{x} {y}m-6 -5l6 11l6 -11z" fill="{c}"/>'),
    "undecided": (
        "#767676",
        '<circle cx="{x}" cy="{y}" r="4.5" fill="#fff" stroke="{c}" '
        'stroke-width="2"/>',
    ),
    "practically equal": (
        "#009e73",
        '<rect x="{x}" y="{y}" width="10" height="10" fill="{c}" '
        'transform="translate(-5 -5)"/>',
    ),
}
_ROW = re.compile(
    r"^\| norm=(\w+) \| [^|]+\| (\S+) \[(\S+), (\S+)\] \| "
    r"([a-z ]+?)(?: \(|\s*\|)",
    re.MULTILINE,
)
_WIDTH, _NAMES = 760, 138  # of the picture, and of its names
_PANEL, _GAP = 190, 14
_LOW, _HIGH, _TICKS = -4.2, 3.2, range(-4, 4, 2)
_LINE, _TOP = 26, 128  # the height of a row, and where the first one begins


def picture():
    """Returns the SVG."""
    panels = found_in((DOCS / "results/every_norm.md").read_text())
    norms = next(iter(panels.values()))
    heights = {norm: _TOP + _LINE * (i + 0.5) for i, norm in enumerate(norms)}
    bottom = _TOP + _LINE * len(norms)
    parts = [_text(_NAMES - 10, y + 5, n, "end") for n, y in heights.items()]
    for number, (title, found) in enumerate(panels.items()):
        left = _NAMES + number * (_PANEL + _GAP)
        parts.append(_frame(left, title, bottom))
        parts += [_interval(left, y, *found[n]) for n, y in heights.items()]
    used = {row[-1] for found in panels.values() for row in found.values()}
    head = _head(bottom + 36, [look for look in LOOKS if look in used])
    return "\n".join([head, *parts, "</svg>", ""])


def found_in(results):
    """Returns title -> norm -> center, low, high and verdict, from a page."""
    panels = {}
    for heading, title in PANELS.items():
        section = results.split(f"## {heading}\n")[1].split("\n## ")[0]
        panels[title] = {
            norm: (*map(float, numbers), verdict)
            for norm, *numbers, verdict in _ROW.findall(section)
        }
    return panels


def _head(height, verdicts):
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} '
        f'{height}" width="{_WIDTH}" height="{height}" role="img" '
        'font-family="sans-serif" font-size="14" fill="#222">'
        f"<title>{TITLE}</title>"
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        _text(16, 28, TITLE, weight="bold", size=18),
        _text(
            16,
            52,
            "Simultaneous 95 % intervals in each panel, over 20 to 40 seeds. "
            "Gray band: too little to count.",
            size=13,
        ),
    ]
    x = 22
    for verdict in verdicts:
        color, marker = LOOKS[verdict]
        parts.append(marker.format(x=x, y=76, c=color))
        parts.append(_text(x + 12, 81, verdict, size=13))
        x += 48 + 7 * len(verdict)
    return "\n".join(parts)


def _frame(left, title, bottom):
    x = _scale(left)
    band = round(x(LEAST) - x(-LEAST), 1)
    ticks = "".join(
        f'<path d="M{x(tick)} {bottom}v5" stroke="#222"/>'
        + _text(
            x(tick), bottom + 20, f"{tick:+d}" if tick else "0", "middle", 13
        )
        for tick in _TICKS
    )
    middle = left + _PANEL / 2
    return (
        _text(middle, _TOP - 10, title, "middle", weight="bold")
        + f'<rect x="{x(-LEAST)}" y="{_TOP}" width="{band}" '
        f'height="{bottom - _TOP}" fill="#e8e8e8"/>'
        f'<path d="M{x(0)} {_TOP}V{bottom}M{left} {bottom}h{_PANEL}" '
        f'stroke="#222"/>{ticks}'
    )


def _interval(left, y, center, low, high, verdict):
    color, marker = LOOKS[verdict]
    at, low, high = map(_scale(left), (center, low, high))
    line = (
        f'<path d="M{low} {y}H{high}M{low} {y - 5}v10M{high} {y - 5}v10" '
        f'stroke="{color}" stroke-width="2.5"/>'
    )
    return line + marker.format(x=at, y=y, c=color)


def _scale(left):
    def x(points):
        share = (points - _LOW) / (_HIGH - _LOW)
        return round(left + share * _PANEL, 1)

    return x


def _text(x, y, text, anchor="start", size=14, weight="normal"):
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )


if __name__ == "__main__":
    PICTURE.write_text(picture())
