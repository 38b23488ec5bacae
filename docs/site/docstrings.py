"""Makes Markdown of what is special in this package's docstrings.

Loaded by mkdocstrings as an extension of griffe.
"""

import re

import griffe

_EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\n).+)*", re.MULTILINE)
#: A section that no parser of docstrings knows, or that is free text here.
_SECTION = re.compile(
    r"^((?:Call arguments|Weights|Returns)[^\n]*):\n"
    r"((?: {4}.*\n?|\n(?= {4}))+)",
    re.MULTILINE,
)
_ITEM = re.compile(r"^(\w+(?:, \w+)*): ", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Fences examples, lists call arguments and weights."""

    def on_object(self, *, obj, **kwargs):
        """Changes the docstring of a class or function."""
        if obj.docstring:
            obj.docstring.value = markdown_of(obj.docstring.value)


def markdown_of(docstring):
    """Returns the docstring with its own sections as Markdown."""
    fenced = _EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}\n```", docstring)
    return _SECTION.sub(_list, fenced)


def _list(found):
    title, body = found[1], re.sub("^ {4}", "", found[2], flags=re.MULTILINE)
    if title != "Returns":
        body = _ITEM.sub(lambda item: f"- `{item[1]}`: ", body)
    return f"**{title}:**\n\n{body}"
