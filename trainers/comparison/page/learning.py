"""Learning curves of the page: over steps, and over seconds."""

import math

from ..charts.chart import Head
from ..charts.lines import Line, lines
from ..reporting.curves import courses, validated
from .section import Section, charts

_SAID = (
    "The line is the center over the seeds, the band its 95 % interval. Runs "
    "that diverged count as the worst."
)


def learning(held):
    """Returns the `Section` of the learning curves; None without any."""
    summary = held.summary
    metric = summary.columns[0]
    groups = [held.runs_of(row.variant) for row in summary.rows]
    found = courses(groups, held.results, held.logs, metric)
    steps = [
        _steps(held, names, len(course))
        for names, course in zip(groups, found, strict=True)
    ]
    if not any(steps):
        return None
    title = validated(held.runs, held.results, metric)
    label = f"{title}, %" if metric.scale == 100 else title
    by_step, by_second = [], []
    for index, (row, course, at) in enumerate(
        zip(summary.rows, found, steps, strict=True)
    ):
        if not course:
            continue
        by_step.append(_line(metric, index, row, at, course))
        # Of a diverged run: it has ended early, and its time is no measure.
        if math.isfinite(row.seconds):
            share = row.seconds / at[-1]
            seconds = [share * step for step in at]
            by_second.append(_line(metric, index, row, seconds, course))
    better = metric.higher_is_better
    heads = (
        Head("steps", "Learning curves by steps", _described(title, by_step)),
        Head(
            "seconds", "Learning curves by time", _described(title, by_second)
        ),
    )
    figures = [lines(heads[0], by_step, "steps", label, better)]
    if by_second:
        axis = "seconds of training, of the median run"
        figures.append(lines(heads[1], by_second, axis, label, better))
    names = [row.variant for row in summary.rows]
    return Section("curves", "Learning", charts(*figures, names=names))


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


def _described(title, courses):
    ends = "; ".join(f"{c.name} ends at {c.center[-1]:.4g}" for c in courses)
    return f"{title}. {_SAID} {ends}."
