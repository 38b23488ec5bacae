"""The page: its head, the answer, its parts."""

from ....layers.diagnosis.markup import element, joined
from ..reporting.notes import diverged
from ..trainers import trainer_of
from .answer import answer, other_metrics
from .choices import explained, statistics, tuned_values
from .costs import costs
from .failures import failures
from .intervals import intervals
from .learning import learning
from .method import method
from .section import Section, drawn, notes, unbroken
from .style import style

_KIND = "<!DOCTYPE html>\n"


def document(held):
    """Returns the text of `report.html`, which needs no other file.

    Args:
        held: a `Held`.
    """
    title = f"Comparison: {held.name}"
    sections = [found for part in _PARTS if (found := part(held))]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element(
            "meta",
            name="viewport",
            content="width=device-width, initial-scale=1",
        ),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        style(),
    )
    body = element(
        "body",
        element("a", "Skip to the result", href="#result", class_="skip"),
        element("header", element("h1", title), *_lead(held.summary)),
        _contents(sections),
        element("main", *map(drawn, sections)),
        element("footer", _footer(held), class_="small"),
    )
    return _KIND + element("html", head, body, lang="en") + "\n"


def _lead(summary):
    yield element("p", unbroken(summary.sentence), class_="answer")
    if summary.about:
        yield element("p", summary.about, class_="about")


def _contents(sections):
    links = [
        element("li", element("a", each.title, href=f"#{each.key}"))
        for each in sections
    ]
    return element("nav", element("ul", *links), aria_label="Contents")


def _footer(held):
    version = held.made_with["versions"].get("normzoo")
    return " ".join(filter(None, ("Made by normzoo", version)))


def _notes(held):
    elsewhere = {*explained(held), *diverged(held.summary)}
    found = notes(n for n in held.summary.notes if n not in elsewhere)
    return Section("notes", "Notes", found) if found else None


def _appendix(held):
    trainer = trainer_of(held.runs[0].config)
    parts = trainer.appendix(held.runs, held.results, held.workdir)
    return Section("runs", "Runs", joined(*parts)) if parts else None


_PARTS = (
    answer,
    intervals,
    learning,
    costs,
    other_metrics,
    tuned_values,
    statistics,
    failures,
    _notes,
    _appendix,
    method,
)
