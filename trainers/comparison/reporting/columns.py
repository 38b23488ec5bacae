"""The columns of a comparison's table, as text."""

import math
from collections.abc import Callable
from typing import NamedTuple

from .figures import cell, size


class Column(NamedTuple):
    """One column.

    Attributes:
        title: its header.
        text: function of a `Row` that returns its cell.
    """

    title: str
    text: Callable


def short_columns(summary):
    """Returns the `Column`s that fit a terminal: the primary metric alone."""
    metric = summary.columns[0]
    return [
        Column("variant", _variant),
        *metric_columns(metric),
        *_verdict(summary),
        *_costs(),
    ]


def all_columns(summary):
    """Returns all `Column`s, as files and pages show them."""
    first, *others = summary.columns
    found = [
        Column("variant", _variant),
        *metric_columns(first),
        *_verdict(summary),
    ]
    for metric in others:
        found += metric_columns(metric)
    for metric in summary.columns:
        if any(metric.key in row.moving for row in summary.rows):
            found.append(_moving(metric))
    found += [_chosen(key) for key in summary.design.tuned]
    return [*found, *cost_columns(summary)]


def cost_columns(summary):
    """Returns the `Column`s of what variants cost."""
    weights, seconds = _costs()
    found = [weights, Column("memory", _memory), seconds]
    if summary.design.tuned:
        tuning = Column("s of tuning", lambda row: _seconds(row.tuning_seconds))
        found.append(tuning)
    return found


def table(summary, columns_of=all_columns):
    """Returns titles and cells of a table, as text."""
    columns = columns_of(summary)
    titles = [column.title for column in columns]
    return titles, [
        [column.text(row) for column in columns] for row in summary.rows
    ]


def _variant(row):
    if not row.diverged:
        return row.variant
    return f"{row.variant} ({row.diverged} of {row.runs} diverged)"


def metric_columns(metric):
    """Returns the `Column`s of a metric: its values, and the differences."""

    def difference(row):
        if not row.differences:
            return "baseline"
        return cell(metric, row.differences[metric.key], "+")

    def value(row):
        # A center at a bound would hide that there is nothing else.
        if row.diverged == row.runs:
            return "diverged"
        return cell(metric, row.intervals[metric.key])

    return [Column(metric.title, value), Column("difference", difference)]


def _verdict(summary):
    def text(row):
        judgment = row.judgment
        if judgment is None or judgment.seeds_needed is None:
            return row.verdict if judgment else ""
        return f"{row.verdict} (~{judgment.seeds_needed} seeds)"

    return [Column("verdict", text)] if summary.others else []


def _moving(metric):
    def text(row):
        found = row.moving.get(metric.key)
        return cell(metric, found) if found else ""

    return Column(f"{metric.title}, moving", text)


def _chosen(key):
    def text(row):
        times = row.chosen[key].items()
        return ", ".join(f"{shown(value)} x {n}" for value, n in times)

    return Column(key.rpartition(".")[2], text)


def shown(value):
    """Returns a chosen value as text."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _costs():
    return [
        Column("weights", lambda row: f"{row.parameters:,}"),
        Column("s", lambda row: _seconds(row.seconds)),
    ]


def _memory(row):
    return "n/a" if row.memory is None else size(row.memory)


def _seconds(seconds):
    return f"{seconds:.1f}" if math.isfinite(seconds) else "n/a"
