"""Writes the report of a comparison again, from the files in its folder.

    python -m normzoo.trainers.report --workdir=runs/digits_mlp

writes `report.html` and `summary.md`, as `normzoo.trainers.compare` does at the
end. Nothing is trained or measured again, and neither data nor models are
needed. This is useful after an update: a newer version of normzoo may show more
about the same runs.
"""

from . import app

if __name__ == "__main__":
    app.define_workdir()
    app.parse(required=["workdir"])

from .common.paths import user_path
from .comparison.report import write_pages


def main(flags):
    """Runs the script."""
    write_pages(user_path(flags.workdir))
    print(f"Results: {flags.workdir}/report.html, summary.md")


if __name__ == "__main__":
    app.run(main)
