"""A comparison's reports: on the terminal, and as files."""

import rich.console
import rich.text

from ..common.files import write_json, write_text
from .page.document import document as page
from .reporting import folder
from .reporting.legend import legend
from .reporting.markdown import document as markdown
from .reporting.record import record
from .reporting.spreadsheet import csv_text
from .reporting.terminal_table import terminal_table


def write_reports(summary, runs, workdir, command):
    """Writes all reports of a comparison into its folder.

    These are `summary.json` and `summary.csv`, and what `write_pages` writes.

    Args:
        summary: the `Summary`.
        runs: the `Run`s that it is of.
        workdir: folder of the comparison, with that of each run.
        command: the command line.
    """
    write_text(workdir / "summary.csv", csv_text(summary))
    write_json(workdir / folder.NAME, record(summary, command, runs))
    write_pages(workdir)


def write_pages(workdir):
    """Writes `report.html` and `summary.md`, from what is in the folder alone.

    Args:
        workdir: folder of a finished comparison.

    Raises:
        InputError: it is none.
    """
    held = folder.read(workdir)
    write_text(workdir / "summary.md", markdown(held))
    write_text(workdir / "report.html", page(held))


def terminal_report(summary):
    """Returns what the terminal shows, as a `rich` renderable.

    The sentence, the table, its legend, the notes.
    """
    notes = "".join(f"\n- {note}" for note in summary.notes)
    head = "\n\n".join(filter(None, (summary.sentence, summary.about)))
    return rich.console.Group(
        # Brackets are what they are, and no markup.
        rich.text.Text(f"{head}\n"),
        terminal_table(summary),
        rich.text.Text(f"{legend(summary, short=True)}{notes}"),
    )
