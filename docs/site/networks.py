"""Writes the table of networks in docs/networks.md, from the code's table.

    python docs/site/networks.py

What a network is says the first sentence of its docstring, and what it takes
are the arguments of its function.
"""

import inspect
import pathlib
import re

from normzoo import zoo

PAGE = pathlib.Path(__file__).resolve().parents[1] / "networks.md"
#: Arguments that all networks take, and such as configs do not have.
_SHARED = {*inspect.signature(zoo.Hidden).parameters, "name"}
_HEAD = "| `model.name` | network | more keys |\n| --- | --- | --- |\n"
_TABLE = re.compile(r"^\| `model\.name` .*\n(?:\|.*\n)+", re.M)


def page():
    """Returns the page's text, with the table as the code has it."""
    return _TABLE.sub(lambda _: table(), PAGE.read_text())


def table():
    """Returns the table of `zoo.MODELS` as Markdown."""
    return _HEAD + "".join(
        f"| `{name}` | {_about(make)} | {_keys(make)} |\n"
        for name, make in zoo.MODELS.items()
    )


def _keys(make):
    parameters = inspect.signature(make).parameters.values()
    return ", ".join(
        f"`{parameter.name}`"
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY
        and parameter.name not in _SHARED
    )


def _about(make):
    sentence = " ".join(inspect.getdoc(make).split("\n\n")[0].split())
    return sentence.removeprefix("Returns ").rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(page())
