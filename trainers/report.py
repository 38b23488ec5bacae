"""A comparison's table: on the terminal, as CSV and as Markdown."""

import csv
import io
import math

import rich.box
import rich.table

from .files import write_text
from .summary import METRICS

HEADERS = (
    "variant",
    "accuracy",
    "difference",
    "loss",
    "difference",
    "weights",
    "s",
)


def write_reports(summary, workdir, command):
    """Writes `summary.csv` and `summary.md` into `workdir`."""
    write_text(workdir / "summary.csv", _csv(summary.rows))
    text = f"`{command}`\n\n{markdown(summary)}\n{legend(summary)}\n"
    write_text(workdir / "summary.md", text)


def legend(summary):
    """Returns the sentences that say what the table's numbers are."""
    seeds = max(row.runs for row in summary.rows)
    return (
        f"Test split: mean and 95 % t interval over {seeds} seeds, accuracy in "
        f"%; "
        f"differences to {summary.baseline} are paired by seed; s: seconds of "
        "training per run. Runs that diverged are in no mean."
    )


def terminal_table(summary):
    """Returns the table as a `rich` renderable."""
    # Narrow enough for 80 columns.
    drawn = rich.table.Table(
        box=rich.box.SIMPLE_HEAD, padding=0, show_edge=False
    )
    name, *numbers = HEADERS
    drawn.add_column(name, overflow="fold")
    for header in numbers:
        drawn.add_column(header, justify="right", no_wrap=True)
    for cells in table(summary):
        drawn.add_row(*cells)
    return drawn


def markdown(summary):
    """Returns the table as Markdown."""
    rule = ("---", *["---:"] * (len(HEADERS) - 1))
    lines = [HEADERS, rule, *table(summary)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def table(summary):
    """Returns the table's cells as text, a list of rows."""
    return [_cells(row, summary.baseline) for row in summary.rows]


def _cells(row, baseline):
    accuracy, loss = METRICS
    name = row.variant
    if row.diverged:
        name += f" ({row.diverged} of {row.runs} diverged)"
    differences = (
        _format(row.differences[accuracy], scale=100, digits=2, sign="+"),
        _format(row.differences[loss], digits=3, sign="+"),
    )
    if row.variant == baseline:
        differences = ("baseline", "baseline")
    return (
        name,
        _format(row.values[accuracy], scale=100, digits=2),
        differences[0],
        _format(row.values[loss], digits=3),
        differences[1],
        f"{row.parameters:,}",
        f"{row.seconds:.1f}",
    )


def _format(estimate, *, scale=1, digits, sign=""):
    if math.isnan(estimate.mean):
        return "n/a"
    mean = f"{estimate.mean * scale:{sign}.{digits}f}"
    if math.isnan(estimate.half_width):
        return mean
    return f"{mean} ± {estimate.half_width * scale:.{digits}f}"


def _csv(rows):
    file = io.StringIO()
    fields = ["variant", "runs", "diverged"]
    for metric in METRICS:
        fields += [f"{metric}_mean", f"{metric}_half_width"]
        fields += [f"{metric}_difference", f"{metric}_difference_half_width"]
    writer = csv.DictWriter(file, [*fields, "parameters", "seconds"])
    writer.writeheader()
    writer.writerows(_record(row) for row in rows)
    return file.getvalue()


def _record(row):
    record = {
        key: getattr(row, key)
        for key in ("variant", "runs", "diverged", "parameters", "seconds")
    }
    for metric in METRICS:
        value, difference = row.values[metric], row.differences[metric]
        record[f"{metric}_mean"] = value.mean
        record[f"{metric}_half_width"] = value.half_width
        record[f"{metric}_difference"] = difference.mean
        record[f"{metric}_difference_half_width"] = difference.half_width
    return record
