"""Writes what the claims' experiments found into the documents.

    python -m normzoo.trainers.claims_report --runs=runs/claims --docs=docs

copies `claim.json` of each folder in `--runs` to `docs/results`, with a
picture, and writes `docs/claims.md`, `docs/claims_tables.md` and the table in
the README again, from all that is in `docs/results`. Without `--runs` it only
does the latter. `docs/results/NAME.md` says what was seen: its first paragraph
goes on the first page, the others on the second.
"""

from absl import flags

from . import app
from .comparison.claims.publishing import collect, publish, put_into, write

__all__ = ["collect", "publish", "put_into", "write"]


def main(flags):
    """Runs the script."""
    publish(flags.runs, flags.docs)


if __name__ == "__main__":
    flags.DEFINE_string(
        "runs",
        None,
        "Folder of the claims' workdirs; without it only the documents are "
        "written.",
    )
    flags.DEFINE_string("docs", "docs", "Folder of the documents.")
    app.run(main)
