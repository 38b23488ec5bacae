"""Charts of the final values and of the paired differences."""

import math

from ..charts.chart import Head
from ..charts.spans import Band, Span, spans
from ..intervals import differences
from ..reporting.curves import final
from ..reporting.figures import amount
from ..reporting.figures import cell as said
from .section import Section, charts

_SAID = (
    "A ring is one run, or the difference between two runs with the same seed; "
    "a cross is a run that diverged. The large mark is the center over the "
    "seeds, and the bar is its interval."
)


def intervals(held):
    """Returns the `Section` of both charts."""
    summary = held.summary
    metric = summary.columns[0]
    found = [_values(held, metric)]
    if summary.others:
        found.append(_differences(summary, metric))
    return Section("seeds", "Seed by seed", charts(*found[::-1], said=_SAID))


def _values(held, metric):
    summary = held.summary
    rows = []
    for index, row in enumerate(summary.rows):
        results = [held.results[name] for name in held.runs_of(row.variant)]
        points = [final(result, metric) for result in results]
        found = row.intervals[metric.key]
        text = "diverged" if row.diverged == row.runs else said(metric, found)
        if row.diverged == row.runs:
            found = found._replace(
                center=points[0], low=points[0], high=points[0]
            )
        rows.append(_span(metric, index, row.variant, text, found, points))
    head = Head(
        "values",
        f"{_capital(metric.called)} of each run",
        f"{metric.called} of each run, and its interval. {_listed(rows)}",
    )
    return spans(head, rows, _with_unit(metric.called, metric))


def _differences(summary, metric):
    rows = []
    for index, row in enumerate(summary.rows):
        if row.variant == summary.baseline:
            continue
        points = differences(
            row.values[metric.key],
            summary.base.values[metric.key],
            metric.higher_is_better,
        )
        found = row.differences[metric.key]
        text = f"{said(metric, found, '+')}, {row.verdict}"
        rows.append(_span(metric, index, row.variant, text, found, points))
    least = summary.design.least
    sides = ["worse", "better"]
    band = Band(
        least * metric.scale,
        f"smaller than {amount(metric, least)}",
        *(sides if metric.higher_is_better else sides[::-1]),
    )
    head = Head(
        "paired",
        f"Difference from {summary.baseline}",
        f"Difference from {summary.baseline} of each seed, and its interval. "
        f"Less than {amount(metric, least)} does not count. "
        f"{_listed(rows)}",
    )
    unit = " in points" if metric.scale == 100 else ""
    label = f"difference{unit}; shaded: less than {amount(metric, least)}"
    return spans(head, rows, label, band)


def _span(metric, index, name, text, found, points):
    center, low, high = (end * metric.scale for end in found[:3])
    points = [point * metric.scale for point in points]
    if not found.level:  # of one seed the interval would be all there is
        low = high = center
    if math.isnan(center):
        points = []
    return Span(index, name, text, center, low, high, points)


def _listed(rows):
    return "; ".join(f"{row.name}: {row.says}" for row in rows) + "."


def _with_unit(name, metric):
    return f"{name}, %" if metric.scale == 100 else name


def _capital(text):
    return text[:1].upper() + text[1:]
