"""The table of the page, and what its numbers are."""

from ....layers.diagnosis.markup import element, joined, table
from ..reporting.columns import metric_columns, short_columns
from ..reporting.legend import legend
from .section import Section, cell, unbroken

_MARKED = {"better", "worse", "diverged"}


def answer(held):
    """Returns the `Section` with the table of the primary metric."""
    summary = held.summary
    rows = [
        [_marked(column.text(row)) for column in short_columns(summary)]
        for row in summary.rows
    ]
    titles = [column.title for column in short_columns(summary)]
    content = joined(
        table(titles, rows),
        element("p", unbroken(legend(summary, short=True)), class_="small"),
    )
    return Section("result", "Result", content)


def other_metrics(held):
    """Returns the `Section` with the other metrics, or None."""
    summary = held.summary
    variant, *_ = short_columns(summary)
    tables = []
    for metric in summary.columns[1:]:
        columns = [variant, *metric_columns(metric)]
        rows = [[cell(c.text(row)) for c in columns] for row in summary.rows]
        titles = [column.title for column in columns]
        tables.append(table(titles, rows, caption=metric.called))
    if not tables:
        return None
    return Section("metrics", "Other metrics", joined(*tables))


def _marked(text):
    if text in _MARKED:
        return element("span", text, class_=text)
    return cell(text)
