"""Writes the pages of a comparison again, from what its folder holds.

    python -m normzoo.trainers.report --workdir=runs/digits_mlp

writes `report.html` and `summary.md`, as `normzoo.trainers.compare` does at the
end. Nothing is trained or measured again, and data and models are not needed:
a newer version of this package may show more of the same runs.
"""

from . import app
from .common.paths import user_path
from .comparison.report import write_pages


def main(flags):
    """Runs the script."""
    write_pages(user_path(flags.workdir))
    print(f"Results: {flags.workdir}/report.html, summary.md")


if __name__ == "__main__":
    app.define_workdir()
    app.run(main, required=["workdir"])
