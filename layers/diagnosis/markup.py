"""HTML and SVG as text, in which what is no markup is always escaped."""

import html

_WITHOUT_END = {"img", "meta"}


class Markup(str):
    """Text that is markup already; all other text is escaped."""

    __slots__ = ()


def element(tag, /, *children, **attributes):
    """Returns an element as `Markup`.

    Args:
        tag: its name.
        *children: `Markup`, text, or None for nothing.
        **attributes: `class_` is `class`, `aria_label` is `aria-label`; one
            that is None is left out.

    Example:

    >>> from normzoo.layers.diagnosis.markup import element
    >>> element("p", "1 < 2", class_="small")
    '<p class="small">1 &lt; 2</p>'
    """
    given = "".join(
        f' {_attribute(key)}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if tag in _WITHOUT_END:
        return Markup(f"<{tag}{given}>")
    return Markup(f"<{tag}{given}>{joined(*children)}</{tag}>")


def joined(*parts):
    """Returns parts one after the other; see the children of `element`."""
    return Markup(
        "".join(
            part if isinstance(part, Markup) else html.escape(str(part))
            for part in parts
            if part is not None
        )
    )


def table(titles, rows, caption=None):
    """Returns a table whose first column names the rows.

    Each cell has its column's title as `data-title`, so that a style sheet can
    show a row as a list. The roles are those that the tags have anyway:
    browsers drop these where the style sheet does so.

    Args:
        titles: of the columns.
        rows: tuples of cells, text or `Markup`.
        caption: of the table, or None.
    """
    head = [
        element("th", title, scope="col", role="columnheader")
        for title in titles
    ]
    body = [_row(titles, cells) for cells in rows]
    return element(
        "table",
        caption and element("caption", caption),
        element("thead", element("tr", *head, role="row"), role="rowgroup"),
        element("tbody", *body, role="rowgroup"),
        role="table",
    )


def _row(titles, cells):
    name, *values = cells
    shown = [
        element("td", value, role="cell", data_title=title)
        for title, value in zip(titles[1:], values, strict=True)
    ]
    name = element("th", name, scope="row", role="rowheader")
    return element("tr", name, *shown, role="row")


def _attribute(key):
    return key.rstrip("_").replace("_", "-")
