"""Draws docs/answer.svg: two answers of docs/results/norms.md, with error bars.

python docs/site/answer.py
"""

import pathlib
import re
from xml.sax.saxutils import escape

DOCS = pathlib.Path(__file__).resolve().parents[1]
PICTURE = DOCS / "answer.svg"
#: Heading in norms.md -> what the panel says.
PANELS = {
    "Digits, an MLP": "An MLP on digits",
    "Digits, a CNN": "A CNN on digits",
}
LEAST = 0.5  # points of accuracy that count
#: Verdict -> color and marker; each can be told without the color.
LOOKS = {
    "better": ("#0072b2", '<path d="M{x} {y}m-7 6l7 -13l7 13z" fill="{c}"/>'),
    "practically equal": (
        "#009e73",
        '<rect x="{x}" y="{y}" width="12" height="12" fill="{c}" '
        'transform="translate(-6 -6)"/>',
    ),
    "undecided": (
        "#767676",
        '<circle cx="{x}" cy="{y}" r="6" fill="#fff" stroke="{c}" '
        'stroke-width="2.5"/>',
    ),
}
_ROW = re.compile(
    r"^\| norm=(\w+) \| [^|]+\| (\S+) \[(\S+), (\S+)\] \| "
    r"([a-z ]+?)(?: \(|\s*\|)",
    re.MULTILINE,
)
_LEFT, _RIGHT, _LOW, _HIGH = 150, 590, -1.0, 3.2
_LINE, _TOP = 34, 92


def picture():
    """Returns the SVG."""
    results = (DOCS / "results/norms.md").read_text()
    parts, y = [], _TOP
    for heading, title in PANELS.items():
        section = results.split(f"## {heading}\n")[1].split("\n## ")[0]
        parts.append(_text(16, y, title, weight="bold"))
        for row in _ROW.findall(section):
            y += _LINE
            parts.append(_row(y, *row))
        y += 2 * _LINE
    bottom = y - _LINE
    return _head(bottom + 42) + _axis(bottom) + "".join(parts) + "</svg>\n"


def _row(y, norm, center, low, high, verdict):
    color, marker = LOOKS[verdict]
    x, x0, x1 = (_x(float(value)) for value in (center, low, high))
    line = (
        f'<path d="M{x0} {y}H{x1}M{x0} {y - 6}v12M{x1} {y - 6}v12" '
        f'stroke="{color}" stroke-width="3"/>'
    )
    mark = marker.format(x=x, y=y, c=color)
    name = _text(_LEFT - 14, y + 5, norm, anchor="end")
    return name + line + mark + _text(_RIGHT + 14, y + 5, verdict) + "\n"


def _head(height):
    width = _RIGHT + 150
    title = "Test accuracy: points more than without a norm"
    how = "Simultaneous 95 % intervals over 10 to 40 seeds. Gray: too little "
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} '
        f'{height}" width="{width}" height="{height}" role="img" '
        'font-family="sans-serif" font-size="15" fill="#222">'
        f"<title>{title}</title>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
        + _text(16, 28, title, weight="bold", size=18)
        + _text(16, 52, f"{how}to count.", size=13)
    )


def _axis(bottom):
    ticks = "".join(
        f'<path d="M{_x(value)} {bottom}v6" stroke="#222"/>'
        + _text(
            _x(value), bottom + 22, f"{value:+d}" if value else "0", "middle"
        )
        for value in range(-1, 4)
    )
    top, width = _TOP - 16, _x(LEAST) - _x(-LEAST)
    return (
        f'<rect x="{_x(-LEAST)}" y="{top}" width="{width:g}" '
        f'height="{bottom - top}" fill="#e8e8e8"/>'
        f'<path d="M{_x(0)} {top}V{bottom}M{_LEFT} {bottom}H{_RIGHT}" '
        f'stroke="#222"/>{ticks}\n'
    )


def _x(points):
    share = (points - _LOW) / (_HIGH - _LOW)
    return round(_LEFT + share * (_RIGHT - _LEFT), 1)


def _text(x, y, text, anchor="start", weight="normal", size=15):
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )


if __name__ == "__main__":
    PICTURE.write_text(picture())
