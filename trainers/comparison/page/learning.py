"""Learning curves of the page: over steps, and over seconds."""

import math

from ..charts.chart import Head
from ..charts.lines import Line, lines
from ..reporting.curves import courses, validated
from .section import Section, charts

_SAID = (
    "A line is the center over the seeds, and its band the 95 % interval, or "
    "the range where there are too few seeds. A run that diverged counts as "
    "the worst from then on. Seconds are those of the median run."
)


def learning(held):
    """Returns the `Section` of the learning curves; None without any."""
    summary = held.summary
    metric = summary.columns[0]
    groups = [held.runs_of(row.variant) for row in summary.rows]
    found = courses(groups, held.results, held.logs, metric)
    by_step, by_second = [], []
    for index, (row, names) in enumerate(
        zip(summary.rows, groups, strict=True)
    ):
        steps = _steps(held, names, len(found[index]))
        if not steps:
            continue
        by_step.append(_line(metric, index, row, steps, found[index]))
        # Of a diverged run: it has ended early, and its time is no measure.
        if math.isfinite(row.seconds):
            share = row.seconds / steps[-1]
            seconds = [share * step for step in steps]
            by_second.append(_line(metric, index, row, seconds, found[index]))
    shown = validated(held.runs, held.results, metric)
    figures = [
        _chart(key, axis, shown, metric, curves)
        for key, axis, curves in (
            ("steps", "steps", by_step),
            ("seconds", "seconds of training", by_second),
        )
        if curves
    ]
    if not figures:
        return None
    names = [row.variant for row in summary.rows]
    return Section(
        "curves", "Learning", charts(*figures, names=names, said=_SAID)
    )


def _chart(key, axis, shown, metric, curves):
    ends = "; ".join(f"{c.name} ends at {c.center[-1]:.4g}" for c in curves)
    head = Head(
        key, f"Learning curves by {axis}", f"{shown} by {axis}. {ends}."
    )
    label = f"{shown}, %" if metric.scale == 100 else shown
    return lines(head, curves, axis, label, metric.higher_is_better)


def _steps(held, names, count):
    """Returns after how many steps each of so many validations was."""
    longest = max((held.logs[name] for name in names), key=len)
    steps = [line.get("step", i) for i, line in enumerate(longest, start=1)]
    # Diverged runs are drawn to the end of the others.
    every = steps[0] if steps else 1
    while len(steps) < count:
        steps.append((steps[-1] if steps else 0) + every)
    return steps[:count]


def _line(metric, index, row, x, course):
    center, low, high = (
        [found[i] * metric.scale for found in course] for i in range(3)
    )
    return Line(index, row.variant, x, center, low, high)
