"""The frame of every chart: its size, its title, what it says in words."""

from typing import NamedTuple

from ....layers.diagnosis.markup import element

#: Of all charts. A phone shows them at this size, a screen half as large again.
WIDTH = 400


class Head(NamedTuple):
    """What a chart is about.

    Attributes:
        key: of the chart, for ids that are unique in the page.
        title: a few words.
        description: what it shows, for those who do not see it.
    """

    key: str
    title: str
    description: str


def chart(head, height, *content):
    """Returns a figure with a chart in it.

    Args:
        head: the `Head`.
        height: of the chart, where its width is `WIDTH`.
        *content: SVG.
    """
    title, description = f"{head.key}-title", f"{head.key}-description"
    drawn = element(
        "svg",
        element("title", head.title, id=title),
        element("desc", head.description, id=description),
        *content,
        viewBox=f"0 0 {WIDTH} {place(height)}",
        role="img",
        aria_labelledby=f"{title} {description}",
        xmlns="http://www.w3.org/2000/svg",
    )
    caption = element("figcaption", head.title)
    return element("figure", caption, drawn, class_="chart")


def text(x, y, content, anchor="start", class_=None):
    """Returns text, by default to the right of a place."""
    return element(
        "text",
        content,
        x=place(x),
        y=place(y),
        text_anchor=None if anchor == "start" else anchor,
        class_=class_,
    )


def line(x1, y1, x2, y2, class_):
    """Returns a straight line."""
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    ends = {key: place(value) for key, value in ends.items()}
    return element("line", **ends, class_=class_)


def place(number):
    """Returns a coordinate as text, with two digits at most."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
