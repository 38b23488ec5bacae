"""Writes the results of the claims' experiments into the documentation.

    python -m normzoo.trainers.claims_report --runs=runs/claims --docs=docs

copies `claim.json` of each folder in `--runs` to `docs/results`, adds a
picture, and then regenerates `docs/claims.md`, `docs/claims_tables.md` and the
table in the README from everything in `docs/results`. Without `--runs` it only
regenerates them. `docs/results/NAME.md` is the comment on a claim: its first
paragraph goes on the first page, the others on the second.
"""

from absl import flags

from . import app

if __name__ == "__main__":
    flags.DEFINE_string(
        "runs",
        None,
        "Folder that holds the claims' workdirs. Without it, the pages are "
        "regenerated from earlier results.",
    )
    flags.DEFINE_string("docs", "docs", "Folder of the documentation.")
    app.parse()

from .comparison.claims.publishing import collect, publish, put_into, write

__all__ = ["collect", "publish", "put_into", "write"]


def main(flags):
    """Runs the script."""
    publish(flags.runs, flags.docs)


if __name__ == "__main__":
    app.run(main)
