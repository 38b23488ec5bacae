"""The page of a comparison in a real browser, from a phone to a screen."""

import pytest

from ..trainers.comparison.made_folder import write_folder
from ..trainers.comparison.page.test_document import FOUND
from .chromium import look

WIDTHS = (390, 768, 1440)

#: What is measured in the page.
LOOK = """(page, view) => {
  const root = page.documentElement;
  const texts = [...page.querySelectorAll("svg text")];
  const size = text => parseFloat(view.getComputedStyle(text).fontSize)
    * text.getScreenCTM().a;
  const box = x => x.getBoundingClientRect();
  const targets = [...page.querySelectorAll("nav a, summary")];
  const outside = [...page.querySelectorAll("body *")].filter(
    x => box(x).width && !x.closest(".skip, thead")
      && box(x).right > root.clientWidth + 1);
  const overlaps = [...page.querySelectorAll("svg g")].filter(
    g => !g.querySelector("g")).flatMap(g => {
      const all = [...g.querySelectorAll("text")];
      return all.flatMap((one, i) => all.slice(i + 1).filter(other =>
        box(one).right > box(other).left && box(other).right > box(one).left
        && box(one).bottom > box(other).top + 2
        && box(other).bottom > box(one).top + 2)
        .map(other => one.textContent + " on " + other.textContent));
    });
  const figure = page.querySelector(".chart svg");
  const crowded = texts.filter(
    x => box(x).right > box(x.ownerSVGElement).right + 1
      || box(x).left < box(x.ownerSVGElement).left - 1);
  return {
    wide: root.scrollWidth - root.clientWidth,
    outside: outside.map(x => x.tagName + ": " + x.textContent.slice(0, 40)),
    overlaps,
    crowded: crowded.map(x => x.textContent),
    smallest: Math.min(...texts.map(size)),
    target: Math.min(...targets.map(x => box(x).height)),
    loaded: view.performance.getEntriesByType("resource").map(x => x.name)
      .filter(name => !name.startsWith("data:")),
    figure: box(figure).width,
    styled: view.getComputedStyle(page.querySelector(".answer")).fontSize,
  };
}"""


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "name", ["tuned, one diverged", "odd names", "many variants", "gan"]
)
def test_the_page_fits(name, width, tmp_path):
    found, columns = FOUND[name]
    folder = tmp_path / "comparison"
    write_folder(found, folder, columns)
    page = (folder / "report.html").read_text()
    seen, console = look(page, width, LOOK, tmp_path)
    assert not console
    assert seen["wide"] == 0
    assert not seen["outside"]
    assert not seen["crowded"]
    assert not seen["overlaps"]
    assert not seen["loaded"]
    # A phone shows text of charts hardly smaller than that around them.
    assert seen["smallest"] >= 10
    assert seen["target"] >= 24
    assert seen["figure"] > 0.75 * min(width, 400)
    assert float(seen["styled"].removesuffix("px")) > 18
