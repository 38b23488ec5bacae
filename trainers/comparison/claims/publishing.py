"""From the records of experiments to the pages about the claims."""

import json
import os
import pathlib

from ...common.errors import InputError
from ...common.files import make_folder, write_text
from ...common.paths import user_path
from . import reading
from .page import TABLES, claims_page, table
from .plot import plot_claim
from .tables import tables_page

_BEGIN, _END = "<!-- claims -->\n", "<!-- end of claims -->"


def collect(runs: str | os.PathLike, results: pathlib.Path) -> None:
    """Copies the record of each claim, with a picture, into a folder.

    Raises:
        InputError: there is no record.
    """
    found = sorted(pathlib.Path(runs).glob("*/claim.json"))
    if not found:
        raise InputError(
            f"No */claim.json in {runs}. Make them: python -m "
            "normzoo.trainers.claims --config=claims/NAME "
            f"--workdir={runs}/NAME."
        )
    for path in found:
        record = json.loads(path.read_text())
        if record["verdict"] is None:
            raise InputError(
                f"{path} comes from a run with --quick, which has no verdict. "
                "Repeat it without --quick."
            )
        name = file_name(record)
        write_text(results / f"{name}.json", json.dumps(record, indent=1))
        if reading.is_first(record):
            plot_claim(record, results / f"{name}.svg")


def file_name(record):
    """Returns the name of a record's file among the results."""
    name, first = record["name"], record["first_seed"]
    if reading.split_of(record):
        name += f"-on-{'-'.join(record['datasets'])}"
    return name + (f"-seeds-from-{first}" if first else "")


def write(docs: pathlib.Path) -> str:
    """Writes both pages in the folder `docs`; returns the README's table.

    The first paragraph of `results/NAME.md` is the claim's comment on
    `claims.md`; what follows stands beside the tables.
    """
    claims = reading.entries(docs / "results")
    texts = {entry.name: _comment(docs, entry.name) for entry in claims}
    comments = {name: short for name, (short, _) in texts.items()}
    details = {name: rest for name, (_, rest) in texts.items()}
    write_text(docs / "claims.md", claims_page(claims, comments))
    write_text(docs / TABLES, tables_page(claims, details))
    return table(claims, f"{docs.name}/claims.md")


def _comment(docs, name):
    """Returns the first paragraph of a claim's text, and the others."""
    path = docs / "results" / f"{name}.md"
    text = path.read_text().strip() if path.exists() else ""
    short, _, rest = text.partition("\n\n")
    return short, rest.strip()


def put_into(readme: pathlib.Path, table: str) -> None:
    """Puts the table between its marks in a README.

    Raises:
        InputError: the marks are not there.
    """
    text = readme.read_text()
    if _BEGIN not in text or _END not in text:
        raise InputError(f"{readme} has no {_BEGIN.strip()} and {_END}.")
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    write_text(readme, before + _BEGIN + table + _END + after)


def publish(runs: str | os.PathLike | None, docs: str | os.PathLike) -> None:
    """Writes what was found into the documents and the README beside them.

    Args:
        runs: folder of the claims' workdirs, or None to take none in.
        docs: folder of the documents.

    Raises:
        InputError: there is no record in `runs`, or one that is not judged; or
            the README has no place for the table.
    """
    folder = user_path(docs, "folder --docs")
    results = folder / "results"
    make_folder(results)
    if runs:
        collect(user_path(runs), results)
    put_into(folder.parent / "README.md", write(folder))
