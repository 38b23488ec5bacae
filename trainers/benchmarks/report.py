"""What a benchmark suite returns, and its printed and written forms."""

import dataclasses
import json

import rich.console
import rich.table

from ..common.files import make_folder, write_text
from ..common.paths import user_path


@dataclasses.dataclass
class Table:
    """A titled table; a row is a dict from column to text, number or None."""

    title: str
    rows: list

    @property
    def columns(self):
        """The columns, in the order of the first row that has them."""
        return list(dict.fromkeys(key for row in self.rows for key in row))

    def cells(self):
        """Returns the rows as lists of text."""
        return [
            [_text(row.get(column)) for column in self.columns]
            for row in self.rows
        ]


def goal(figure, ratio, limit=None):
    """Returns a table's row: what was measured, and whether it is reached."""
    reached = None if limit is None else "yes" if ratio <= limit else "no"
    return {"figure": figure, "ratio": ratio, "goal": limit, "reached": reached}


def answer(passed):
    """Returns what stands in the column `passed` of a check."""
    return "yes" if passed else "NO"


def show(tables):
    """Prints tables to the terminal."""
    console = rich.console.Console()
    for table in tables:
        drawn = rich.table.Table(*table.columns, title=table.title)
        for cells in table.cells():
            drawn.add_row(*cells)
        console.print(drawn)


def write(tables, facts, workdir, name):
    """Writes `name`.json and `name`.md into `workdir`.

    Args:
        tables: a list of `Table`.
        facts: a dict of what was measured where: machine, versions.
        workdir: a folder, made if it is not there.
        name: of the files, without the ending.
    """
    folder = make_folder(user_path(workdir), "The workdir")
    content = {"facts": facts, "tables": {t.title: t.rows for t in tables}}
    write_text(folder / f"{name}.json", json.dumps(content, indent=1) + "\n")
    write_text(folder / f"{name}.md", markdown(tables, facts))


def markdown(tables, facts):
    """Returns the tables and facts as Markdown."""
    parts = [f"- {key}: {value}" for key, value in facts.items()]
    for table in tables:
        parts += ["", f"## {table.title}", ""]
        rows = [table.columns, ["---"] * len(table.columns), *table.cells()]
        parts += [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join(parts) + "\n"


def _text(value):
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)
