"""What each variant chose from the grid, and how its statistics compare."""

from ....layers.diagnosis.markup import element, joined, table
from ..reporting.columns import shown
from ..reporting.figures import cell as said
from ..reporting.gaps import late_statistics
from ..reporting.notes import edges
from .section import Section, cell, notes


def explained(held):
    """Returns the notes of the summary that stand in these sections."""
    return {*edges(held.summary), *_late(held)}


def tuned_values(held):
    """Returns the `Section` of what was tuned; None if nothing was."""
    summary = held.summary
    tables = []
    for key in summary.design.tuned:
        grid = [point[key] for point in summary.design.grid]
        values = list(dict.fromkeys(map(shown, grid)))
        rows = []
        for row in summary.rows:
            times = {shown(v): n for v, n in row.chosen[key].items()}
            counts = [str(times.get(value, "")) for value in values]
            rows.append([row.variant, *counts])
        name = key.rpartition(".")[2].replace("_", " ")
        caption = f"How many seeds chose each {name}"
        tables.append(table(["variant", *values], rows, caption=caption))
    if not tables:
        return None
    warnings = notes(edges(summary))
    if warnings is None:
        warnings = element("p", "No variant chose an end of the grid.")
    content = joined(*tables, warnings)
    return Section("tuned", "Tuned values", content)


def statistics(held):
    """Returns the `Section` of both kinds of statistics, or None."""
    summary = held.summary
    metric = summary.columns[0]
    rows = [
        [
            row.variant,
            cell(said(metric, row.intervals[metric.key])),
            cell(said(metric, row.moving[metric.key])),
        ]
        for row in summary.rows
        if metric.key in row.moving
    ]
    if not rows:
        return None
    titles = ["variant", "of the training data", "moving"]
    caption = f"{metric.called} with both kinds of statistics"
    late = notes(_late(held))
    if late is None:
        late = element("p", "They differ by no more than noise.")
    content = joined(table(titles, rows, caption=caption), late)
    return Section("statistics", "Population and moving statistics", content)


def _late(held):
    results = {row.variant: {} for row in held.summary.rows}
    for run in held.runs:
        results[run.variant][run.seed] = held.results[run.name]
    return list(late_statistics(held.summary, results))
