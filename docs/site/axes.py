"""Draws what each norm averages: docs/layers/NORM.svg.

    python docs/site/axes.py

A block is an example, with channels from left to right and positions (of a
sequence: time steps) from top to bottom. Colored is what is averaged to
normalize the value with the thick border.
"""

import pathlib

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "layers"
EXAMPLES, POSITIONS, CHANNELS, GROUP = 4, 4, 6, 3
#: Example, position and channel of the value that is normalized.
VALUE = (0, 1, 1)
CELL, GAP, MARGIN = 16, 26, 14
BLUE, ORANGE, GRAY, INK = "#56b4e9", "#e69f00", "#f2f2f2", "#222"

_WIDTH = 2 * MARGIN + EXAMPLES * CHANNELS * CELL + (EXAMPLES - 1) * GAP
_HEIGHT = MARGIN + POSITIONS * CELL + 62
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" '
    'width="{w}" height="{h}" role="img" font-family="sans-serif" '
    'font-size="12" fill="{ink}"><title>{title}</title>'
    '<rect width="{w}" height="{h}" fill="#fff"/>\n'
)


def _batch(n, p, c):
    return c == VALUE[2]


def _ghost(n, p, c):
    return c == VALUE[2] and n // 2 == VALUE[0] // 2


def _layer(n, p, c):
    return (n, p) == VALUE[:2]


def _group(n, p, c):
    return n == VALUE[0] and c // GROUP == VALUE[2] // GROUP


def _instance(n, p, c):
    return (n, c) == (VALUE[0], VALUE[2])


def _virtual(n, p, c):
    return c == VALUE[2] and n != 1


def _itself(n, p, c):
    return (n, p, c) == VALUE


def _step(n, p, c):
    return (p, c) == VALUE[1:]


#: Name of the picture -> what is averaged, and in words.
PICTURES = {
    "batch": (_batch, "One channel, over all examples and positions"),
    "ghost_batch": (_ghost, "One channel, over a group of examples"),
    "layer": (_layer, "All channels of one position of one example"),
    "group": (_group, "A group of channels of one example, all positions"),
    "instance": (_instance, "One channel of one example, all positions"),
    "rms": (_layer, "The squares of all channels of one position"),
    "filter_response": (_instance, "The squares of one channel of one example"),
    "virtual": (_virtual, "One channel of the example and of the reference"),
    "evonorm_b0": (_batch, "One channel, over all examples and positions"),
    "evonorm_s0": (_group, "A group of channels of one example, all positions"),
    "pixel": (_layer, "The squares of all channels of one position"),
    "scale": (_layer, "The squares of all channels of one position"),
    "dynamic_tanh": (_itself, "Nothing is averaged: the value stands alone"),
    "dynamic_erf": (_itself, "Nothing is averaged: the value stands alone"),
    "batch_norm_rnn": (_step, "One unit at one time step, over all examples"),
    "layer_norm_rnn": (_layer, "All units of one example at one time step"),
}


def picture(name):
    """Returns the SVG of one norm."""
    averaged, title = PICTURES[name]
    virtual, steps = name == "virtual", name.endswith("_rnn")
    parts = [_HEAD.format(w=_WIDTH, h=_HEIGHT, ink=INK, title=title)]
    for n in range(EXAMPLES):
        reference = virtual and n > 1
        color = ORANGE if reference else BLUE
        parts += [
            _cell(n, p, c, color if averaged(n, p, c) else GRAY)
            for p in range(POSITIONS)
            for c in range(CHANNELS)
        ]
        label = f"reference {n - 1}" if reference else f"example {n + 1}"
        parts.append(_text(*_corner(n, POSITIONS, 0, 14), label))
    parts.append(_cell(*VALUE, BLUE, border=3))
    y = _HEIGHT - 10
    across = "units" if steps else "channels"
    down = "time steps" if steps else "positions"
    parts.append(_text(MARGIN, y - 20, f"{title}."))
    parts.append(_text(MARGIN, y, f"Across: {across}. Down: {down}."))
    return "".join(parts) + "</svg>\n"


def _corner(n, p, c, below=0):
    x = MARGIN + n * (CHANNELS * CELL + GAP) + c * CELL
    return x, MARGIN + p * CELL + below


def _cell(n, p, c, color, border=1):
    x, y = _corner(n, p, c)
    line = INK if border > 1 else "#999"
    return (
        f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" '
        f'fill="{color}" stroke="{line}" stroke-width="{border}"/>\n'
    )


def _text(x, y, text):
    return f'<text x="{x}" y="{y}">{text}</text>\n'


if __name__ == "__main__":
    for _name in PICTURES:
        (FOLDER / f"{_name}.svg").write_text(picture(_name))
