"""Charts of what is reached against what it costs."""

import math

from ....layers.diagnosis.markup import joined, table
from ..charts.chart import Head
from ..charts.scatter import Dot, scatter
from ..reporting.columns import cost_columns
from ..reporting.cost import cost
from .section import Section, charts

#: Id and title of a chart, the title of its axis, and a `Row`'s cost.
_COSTS = (
    (
        "time",
        "Quality and time",
        "seconds of training",
        lambda row: row.seconds,
    ),
    (
        "weights",
        "Quality and size",
        "trainable weights",
        lambda row: row.parameters,
    ),
    (
        "memory",
        "Quality and memory",
        "MB of memory",
        lambda row: math.nan if row.memory is None else row.memory / 1e6,
    ),
)


def costs(held):
    """Returns the `Section` of the costs."""
    summary = held.summary
    metric = summary.columns[0]
    figures = []
    for key, title, axis, of in _COSTS:
        dots = _dots(summary, metric, of)
        if not dots:
            continue
        ends = "; ".join(
            f"{d.name}: {d.center:.4g} at {d.x:,.4g}" for d in dots
        )
        head = Head(key, title, f"{metric.called} against {axis}. {ends}.")
        label = f"{metric.called}, %" if metric.scale == 100 else metric.called
        better = metric.higher_is_better
        figures.append(scatter(head, dots, axis, label, better))
    names = [row.variant for row in summary.rows]
    content = joined(_table(summary), charts(*figures, names=names))
    return Section("cost", "What it costs", content)


def _table(summary):
    columns = cost_columns(summary)
    titles = ["variant", *(column.title for column in columns)]
    rows = [
        [row.variant, *(column.text(row) for column in columns)]
        for row in summary.rows
    ]
    if summary.others:
        titles.append(f"compared with {summary.baseline}")
        for cells, row in zip(rows, summary.rows, strict=True):
            cells.append(_compared(row, summary.base))
    return table(titles, rows)


def _compared(row, base):
    return "baseline" if row is base else cost(row, base).removeprefix("at ")


def _dots(summary, metric, of):
    dots = []
    for index, row in enumerate(summary.rows):
        x = of(row)
        found = row.intervals[metric.key]
        shown = math.isfinite(x) and not math.isnan(found.center)
        if shown and row.diverged < row.runs:
            ends = (end * metric.scale for end in _finite_ends(found))
            dots.append(Dot(index, row.variant, x, *ends))
    return dots


def _finite_ends(found):
    if not found.level:  # one seed
        return (found.center,) * 3
    return found[:3]
