"""A part of the page, and its tables."""

from typing import NamedTuple

from ....layers.diagnosis.markup import element, joined
from ..charts.marks import key


class Section(NamedTuple):
    """A part of the page.

    Attributes:
        key: its id.
        title: its heading.
        content: `Markup`.
    """

    key: str
    title: str
    content: str


def drawn(section):
    """Returns a `Section` as `Markup`."""
    name = f"{section.key}-heading"
    return element(
        "section",
        element("h2", section.title, id=name),
        section.content,
        id=section.key,
        aria_labelledby=name,
    )


def charts(*figures, names=(), said=None):
    """Returns charts side by side, with the key of their marks above.

    Args:
        *figures: `Markup`.
        names: of the variants; none where the charts name them.
        said: what is drawn, sentences that stand below.
    """
    if not figures:
        return None
    return joined(
        key(names) if names else None,
        element("div", *figures, class_="charts"),
        said and element("p", unbroken(said), class_="small"),
    )


def cell(text):
    """Returns a cell's text, which is parted only before `[` and `(`."""
    parts = text.replace(" [", "\n[").replace(" (", "\n(").split("\n")
    if len(parts) == 1:
        return text
    shown = [element("span", part, class_="part") for part in parts]
    spaced = [shown[0]]
    for part in shown[1:]:
        spaced += [" ", part]
    return element("span", *spaced)


def unbroken(text):
    """Returns a text in which no number is parted from its percent sign."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def notes(sentences):
    """Returns sentences as a list, or None if there are none."""
    items = [element("li", unbroken(sentence)) for sentence in sentences]
    return element("ul", *items, class_="notes") if items else None
