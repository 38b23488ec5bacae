"""What a person finds in the tabs of a TensorBoard, without a click.

A function has the name of its tab in the address. It waits for something real
in a page that is open there, and returns the part of the page that shows it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

#: Of HParams, unless a person asks for more.
ROWS_OF_A_PAGE = 100


class Picture(NamedTuple):
    """A picture of the documents.

    Attributes:
        name: of its file in `docs/pictures`.
        height, width: in pixels; what is below or to the right is cut off.
    """

    name: str
    height: int
    width: int = 1400


class View(NamedTuple):
    """What is looked for in a tab.

    Attributes:
        tab: one of the functions below.
        wanted: its arguments.
        only: TensorBoard's tag filter: of several groups the first is open.
        picture: the `Picture` that is taken of it.
    """

    tab: Callable
    wanted: dict[str, Any]
    only: str = ""
    picture: Picture | None = None

    @property
    def address(self):
        """What follows TensorBoard's address."""
        return f"#{self.tab.__name__}&tagFilter={quote(self.only, safe='')}"


def timeseries(page, tag, runs):
    """A chart with a line for each run, and all runs are ticked."""
    card = page.locator("scalar-card", has_text=tag).first
    card.scroll_into_view_if_needed()
    lines = card.locator("line-chart path")
    lines.nth(len(runs) - 1).wait_for(state="attached")
    for run in runs:
        card.get_by_text(run).first.wait_for()
    boxes = page.locator("runs-data-table input[type=checkbox]").all()
    assert boxes
    assert all(box.is_checked() for box in boxes)
    return card


def scalars(page, tag, lines=1):
    """A chart with as many lines, each from one point to another."""
    card = page.locator("tf-scalar-card", has_text=tag).first
    found = card.locator("path.line[d*='L']")
    found.nth(lines - 1).wait_for(state="attached")
    return card


def custom_scalars(page, title, runs):
    """A chart with a line and a band for each of so many runs."""
    card = page.locator("tf-custom-scalar-margin-chart-card").first
    card.get_by_text(title).first.wait_for()
    card.get_by_text(f"Matches ({runs})").wait_for()
    card.locator("path.area[d*='L']").nth(runs - 1).wait_for(state="attached")
    return page.locator("tf-custom-scalar-dashboard")


def hparams(page, columns, rows, cells=()):
    """A table with these columns in their order, so many rows, and cells.

    Beyond a hundred, rows are on further pages.
    """
    table = page.locator("vaadin-grid.session-group-table")
    for title in (*columns, *cells):
        table.get_by_text(title, exact=True).first.wait_for()
    titles = table.inner_text().split("\n")
    places = [titles.index(title) for title in columns]
    assert places == sorted(places)
    page.wait_for_function(
        "([grid, rows]) => grid.items.length == rows",
        arg=[table.element_handle(), min(rows, ROWS_OF_A_PAGE)],
    )
    pane = page.locator("tf-hparams-query-pane")
    total = pane.evaluate("pane => Number(pane._totalSessionGroupsCountStr)")
    assert total == rows
    return table


def text(page, words):
    """Each of these: a paragraph, or a tag."""
    for each in words:
        page.get_by_text(each, exact=True).first.wait_for()
    return page.locator("tf-text-loader").first


def images(page, tag):
    """A picture of this tag that has been loaded."""
    loader = page.locator("tf-image-loader", has_text=tag).first
    picture = loader.locator("img").first
    picture.wait_for()
    page.wait_for_function(
        "picture => picture.naturalWidth > 0", arg=picture.element_handle()
    )
    return loader


def histograms(page, tag):
    """A histogram, from one bar to another."""
    loader = page.locator("tf-histogram-loader", has_text=tag).first
    loader.locator("path[d*='L']").first.wait_for(state="attached")
    return loader


def distributions(page, tag):
    """Percentiles, from one step to another."""
    loader = page.locator("tf-distribution-loader", has_text=tag).first
    loader.locator("path[d*='L']").first.wait_for(state="attached")
    return loader


def graphs(page, node):
    """A graph in which a node has this name."""
    graph = page.locator("tf-graph-scene")
    graph.locator(f"g[data-name={node}]").first.wait_for(state="attached")
    return graph
