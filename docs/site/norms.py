"""Writes the tables of norms in docs/layers.md, from the code's tables.

    python docs/site/norms.py

Names, their order, layers, arguments and links come from the code. What is said
of a norm in the other columns is written by hand, and kept; a norm of which
nothing is said gets empty cells, which a test refuses.
"""

import functools
import pathlib
import re

import keras

from normzoo import layers
from normzoo.layers.registry import registered

PAGE = pathlib.Path(__file__).resolve().parents[1] / "layers.md"
_TABLE = r"^\| name \| {title} \|.*\n\| ---.*\n(?:\|.*\n)+"


def page():
    """Returns the page's text, with both tables as the code has them."""
    text = PAGE.read_text()
    for title, rows in (("layer", _norms()), ("wrapper", _weight_norms())):
        table = re.compile(_TABLE.format(title=title), re.M)
        text = table.sub(lambda found, rows=rows: _table(found[0], rows), text)
    return text


def _table(old, rows):
    """Returns a table with new rows, and the cells of old ones behind them.

    Args:
        old: the table, as Markdown.
        rows: name -> the second cell.
    """
    head, line, *lines = old.splitlines()
    cells = [map(str.strip, each.strip("|").split("|")) for each in lines]
    said = {name.strip("`"): rest for name, _, *rest in cells}
    nothing = [""] * (head.count("|") - 3)
    made = [
        " | ".join([f"| `{name}`", cell, *said.get(name, nothing)]) + " |"
        for name, cell in rows.items()
    ]
    return "\n".join([head, line, *made]) + "\n"


def _norms():
    """Returns name -> the layer, with a link to its page."""
    named = {k: v for k, v in layers.NORMS.items() if k not in registered()}
    return {
        name: "`keras.layers.Identity`"
        if norm is keras.layers.Identity
        else f"[`{_call(norm)}`](layers/{name}.md)"
        for name, norm in named.items()
    }


def _call(norm):
    """Returns a layer as code; only what sets a name apart is in brackets."""
    if not isinstance(norm, functools.partial):
        return norm.__name__
    arguments = [f"{k}={v!r}" for k, v in norm.keywords.items()]
    return f"{norm.func.__name__}({', '.join(arguments)})"


def _weight_norms():
    """Returns name -> the wrapper, with a link to its part of a page."""
    return {
        name: f"[`{wrapper.__name__}`](layers/weights.md#{_anchor(wrapper)})"
        if isinstance(wrapper, type)
        else ""
        for name, wrapper in layers.WEIGHT_NORMS.items()
    }


def _anchor(wrapper):
    """Returns the part's title as links have it, such as `spectral-norm`."""
    words = re.findall("[A-Z][a-z]+", wrapper.__name__)
    return "-".join(words).lower().replace("normalization", "norm")


if __name__ == "__main__":
    PAGE.write_text(page())
