"""Charts of what is reached against what it costs."""

import math

from ....layers.diagnosis.markup import element, joined
from ..charts.chart import Head
from ..charts.scatter import Dot, scatter
from ..reporting.cost import cost
from .section import Section, charts, notes


def costs(held):
    """Returns the `Section` of the costs."""
    summary = held.summary
    metric = summary.columns[0]
    figures = []
    for key, title, axis, of in (
        ("time", "Quality and time", "seconds of training", "seconds"),
        ("weights", "Quality and size", "trainable weights", "parameters"),
    ):
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
    said = [
        f"{row.variant}: {cost(row, summary.base)}" for row in summary.others
    ]
    compared = f"Compared with {summary.baseline}:" if said else None
    content = joined(
        charts(*figures, names=names),
        compared and element("p", compared),
        notes(said),
    )
    return Section("cost", "What it costs", content)


def _dots(summary, metric, of):
    dots = []
    for index, row in enumerate(summary.rows):
        x = getattr(row, of)
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
