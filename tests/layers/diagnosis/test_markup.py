"""HTML and SVG: what is text stays text."""

import pytest

from normzoo.layers.diagnosis.markup import Markup, element, joined, table

#: Name -> (what is made, its text).
MADE = {
    "text": (element("p", "<b> & 'c'"), "<p>&lt;b&gt; &amp; &#x27;c&#x27;</p>"),
    "markup": (element("p", element("b", 1)), "<p><b>1</b></p>"),
    "nothing": (element("p", None, ""), "<p></p>"),
    "attributes": (
        element("a", href='"', class_="x", aria_label="y", title=None),
        '<a href="&quot;" class="x" aria-label="y"></a>',
    ),
    "its own name": (element("meta", name="x"), '<meta name="x">'),
    "parts": (joined("<", Markup("<br>"), None), "&lt;<br>"),
}


@pytest.mark.parametrize("name", MADE)
def test_markup(name):
    made, text = MADE[name]
    assert made == text
    assert isinstance(made, Markup)


def test_joining_with_text_loses_the_mark():
    assert element("p", element("b") + "<") == "<p>&lt;b&gt;&lt;/b&gt;&lt;</p>"


def test_a_table_names_its_columns_and_rows():
    text = table(["norm", "<loss>"], [["batch", "1"]], caption="all")
    assert "<caption>all</caption>" in text
    assert '<th scope="col" role="columnheader">&lt;loss&gt;</th>' in text
    assert '<th scope="row" role="rowheader">batch</th>' in text
    assert '<td role="cell" data-title="&lt;loss&gt;">1</td>' in text
