"""A comparison's table: on the terminal, as CSV and as Markdown."""

import csv
import io
import math

import rich.box
import rich.table

from ..common.files import write_text


def write_reports(summary, workdir, command):
    """Writes `summary.csv` and `summary.md` into `workdir`."""
    write_text(workdir / "summary.csv", _csv(summary))
    text = f"`{command}`\n\n{markdown(summary)}\n{legend(summary)}\n"
    write_text(workdir / "summary.md", text)


def legend(summary):
    """Returns the sentences that say what the table's numbers are."""
    seeds = max(row.runs for row in summary.rows)
    means = f"mean and 95 % t interval over {seeds} seeds"
    return (
        summary.columns[0].said(means)
        + f"differences to {summary.baseline} are paired by seed; s: seconds "
        "of training per run. Runs that diverged are in no mean."
    )


def terminal_table(summary):
    """Returns the table as a `rich` renderable."""
    # Narrow enough for 80 columns.
    drawn = rich.table.Table(
        box=rich.box.SIMPLE_HEAD, padding=0, show_edge=False
    )
    name, *numbers = headers(summary)
    drawn.add_column(name, overflow="fold")
    for header in numbers:
        drawn.add_column(header, justify="right", no_wrap=True)
    for cells in table(summary):
        drawn.add_row(*cells)
    return drawn


def markdown(summary):
    """Returns the table as Markdown."""
    titles = headers(summary)
    rule = ("---", *["---:"] * (len(titles) - 1))
    lines = [titles, rule, *table(summary)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def headers(summary):
    """Returns the titles of the table's columns."""
    columns = ["variant"]
    for metric in summary.columns:
        columns += [metric.title, "difference"]
    return [*columns, "weights", "s"]


def table(summary):
    """Returns the table's cells as text, a list of rows."""
    return [_cells(row, summary) for row in summary.rows]


def _cells(row, summary):
    name = row.variant
    if row.diverged:
        name += f" ({row.diverged} of {row.runs} diverged)"
    cells = [name]
    for metric in summary.columns:
        difference = _format(metric, row.differences[metric.key], sign="+")
        if row.variant == summary.baseline:
            difference = "baseline"
        cells += [_format(metric, row.values[metric.key]), difference]
    return (*cells, f"{row.parameters:,}", f"{row.seconds:.1f}")


def _format(metric, estimate, sign=""):
    if math.isnan(estimate.mean):
        return "n/a"
    mean = metric.text(estimate.mean, sign)
    if math.isnan(estimate.half_width):
        return mean
    return f"{mean} ± {metric.text(estimate.half_width)}"


def _csv(summary):
    file = io.StringIO()
    fields = ["variant", "runs", "diverged"]
    for metric in summary.metrics:
        fields += [f"{metric}_mean", f"{metric}_half_width"]
        fields += [f"{metric}_difference", f"{metric}_difference_half_width"]
    writer = csv.DictWriter(file, [*fields, "parameters", "seconds"])
    writer.writeheader()
    writer.writerows(_record(row) for row in summary.rows)
    return file.getvalue()


def _record(row):
    record = {
        key: getattr(row, key)
        for key in ("variant", "runs", "diverged", "parameters", "seconds")
    }
    for metric, value in row.values.items():
        difference = row.differences[metric]
        record[f"{metric}_mean"] = value.mean
        record[f"{metric}_half_width"] = value.half_width
        record[f"{metric}_difference"] = difference.mean
        record[f"{metric}_difference_half_width"] = difference.half_width
    return record
