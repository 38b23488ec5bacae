"""A comparison as Markdown: `summary.md`."""

from .columns import all_columns, table
from .legend import legend
from .making import data_said, environment


def document(held):
    """Returns the text of `summary.md`.

    Args:
        held: a `Held`.
    """
    used = environment(held.made_with)
    parts = (
        answer(held.summary),
        data_said(held),
        "Made with " + ", ".join(f"{name} {text}" for name, text in used) + ".",
        f"    {held.command}" if held.command else "",
    )
    return "\n\n".join(filter(None, parts)) + "\n"


def answer(summary, columns_of=all_columns):
    """Returns the sentence, the table, its legend and the notes.

    Args:
        summary: the `Summary`.
        columns_of: function that returns the table's `Column`s.
    """
    notes = "\n".join(f"- {note}" for note in summary.notes)
    parts = (
        summary.sentence,
        summary.about,
        table_of(summary, columns_of),
        legend(summary),
        notes,
    )
    return "\n\n".join(filter(None, parts))


def table_of(summary, columns_of=all_columns):
    """Returns the table of a `Summary` as Markdown."""
    return written(*table(summary, columns_of))


def written(titles, cells):
    """Returns a table as Markdown, the columns but the first aligned right.

    Args:
        titles: of the columns.
        cells: texts, a sequence for each row.
    """
    rule = ("---", *["---:"] * (len(titles) - 1))
    return "\n".join(_line(cells) for cells in (titles, rule, *cells))


def _line(cells):
    # A bar would end the cell.
    return (
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    )
