"""A comparison's report: on the terminal, as Markdown, CSV and JSON."""

import rich.box
import rich.console
import rich.table
import rich.text

from ..common.files import write_json, write_text
from .reporting.columns import all_columns, short_columns
from .reporting.legend import legend
from .reporting.record import record
from .reporting.spreadsheet import csv_text

__all__ = [
    "legend",
    "markdown",
    "markdown_report",
    "table",
    "terminal_report",
    "terminal_table",
    "write_reports",
]

_WIDTH = 80  # of a terminal


def write_reports(summary, workdir, command):
    """Writes `summary.csv`, `summary.md` and `summary.json` into `workdir`."""
    write_text(workdir / "summary.csv", csv_text(summary))
    text = f"`{command}`\n\n{markdown_report(summary)}"
    write_text(workdir / "summary.md", text)
    write_json(workdir / "summary.json", record(summary, command))


def markdown_report(summary):
    """Returns the sentence, the table, its legend and the notes as Markdown."""
    notes = "".join(f"- {note}\n" for note in summary.notes)
    text = (
        f"{_head(summary)}\n\n{markdown(summary)}\n{legend(summary)}\n\n{notes}"
    )
    return text.rstrip("\n") + "\n"


def terminal_report(summary):
    """Returns what the terminal shows, as a `rich` renderable.

    The sentence, the table, its legend, the notes.
    """
    notes = "".join(f"\n- {note}" for note in summary.notes)
    return rich.console.Group(
        # Brackets are what they are, and no markup.
        rich.text.Text(f"{_head(summary)}\n"),
        terminal_table(summary),
        rich.text.Text(f"{legend(summary, short=True)}{notes}"),
    )


def _head(summary):
    """Returns what is learned and what was found."""
    return "\n\n".join(filter(None, (summary.about, summary.sentence)))


def terminal_table(summary):
    """Returns the table as a `rich` renderable, within 80 columns.

    Intervals stand below their centers where a line is too short.
    """
    columns = short_columns(summary)
    cells = [[column.text(row) for column in columns] for row in summary.rows]
    titles = [column.title for column in columns]
    widths = [max(map(len, each)) for each in zip(titles, *cells, strict=True)]
    if sum(widths) + 2 * len(widths) > _WIDTH:
        cells = [[first, *map(_folded, rest)] for first, *rest in cells]
    drawn = rich.table.Table(
        box=rich.box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False
    )
    name, *numbers = titles
    drawn.add_column(name, overflow="fold")
    for title in numbers:
        drawn.add_column(title, justify="right", no_wrap=True)
    for row in cells:
        drawn.add_row(*map(rich.text.Text, row))
    return drawn


def _folded(text):
    """Puts what follows a number or a verdict on a line of its own."""
    for mark in (" [", " (", " equal"):
        text = text.replace(mark, f"\n{mark[1:]}")
    return text


def markdown(summary):
    """Returns the table as Markdown."""
    titles, cells = table(summary)
    rule = ("---", *["---:"] * (len(titles) - 1))
    lines = [titles, rule, *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def table(summary):
    """Returns titles and cells of the whole table, as text."""
    columns = all_columns(summary)
    titles = [column.title for column in columns]
    return titles, [
        [column.text(row) for column in columns] for row in summary.rows
    ]
