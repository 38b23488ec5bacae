"""The answer of a comparison, to be read, drawn and used."""

import dataclasses
import os
import pathlib
import shutil
from typing import TYPE_CHECKING

import keras
from matplotlib.figure import Figure

from ..common.errors import InputError
from ..common.paths import user_path
from ..own.models import trained
from ..run.values import check_name
from .design import Found
from .page.notebook import fragment
from .plot import drawn
from .summary import Summary

if TYPE_CHECKING:
    import pandas


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """The result of a comparison of norms.

    A notebook shows its sentence, table and picture.

    Attributes:
        found: the `Found`, with every run.
        summary: the `Summary`, with every number of the table.
        workdir: folder with all runs, `report.html` and the other reports.
    """

    found: Found
    summary: Summary
    workdir: pathlib.Path

    @property
    def sentence(self) -> str:
        """What was found, in a sentence or two."""
        return self.summary.sentence

    def to_frame(self) -> "pandas.DataFrame":
        """Returns the table as a `pandas.DataFrame`, a row for each norm.

        Its columns are the center, `low` and `high` of each metric and of each
        difference, the verdict, and what else a table shows, all as numbers.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise InputError(
                "A frame needs pandas. Install it: pip install pandas."
            ) from error
        rows = {_norm(row): _numbers(row) for row in self.summary.rows}
        frame = pandas.DataFrame.from_dict(rows, orient="index")
        return frame.rename_axis("norm")

    def plot(self) -> Figure:
        """Returns the picture, a `matplotlib.figure.Figure`.

        Learning curves by epoch and by seconds, and the final values.
        """
        runs = [outcome.run for outcome in self.found.outcomes]
        results = {o.run.name: o.result for o in self.found.outcomes}
        metric = self.found.design.metric
        return drawn(runs, results, self.summary, metric, self.workdir)

    def report(self, path: str | os.PathLike) -> None:
        """Writes the report, one web page that needs no other file."""
        shutil.copyfile(self.workdir / "report.html", user_path(path, "report"))

    def best(self, norm: str | None = None) -> keras.Model:
        """Returns a trained Keras model.

        It is that of the seed that did best on the validation split. Its batch
        norms have population statistics.

        Args:
            norm: one of those that were compared. None: of those that are
                better than the first one, the best; the first one if none is.

        Raises:
            InputError: there is no such norm, or all its runs diverged.
        """
        norms = {_norm(row): row.variant for row in self.summary.rows}
        if norm is not None:
            check_name("norm", norm, norms)
        variant = self._best_variant() if norm is None else norms[norm]
        key = self.found.design.metric.key.replace("test_", "validation_", 1)
        ended = [
            outcome
            for outcome in self.found.outcomes
            if outcome.variant == variant
            and outcome.result["status"] == "finished"
        ]
        if not ended:
            raise InputError(f"All runs of {variant} diverged.")
        best = max(ended, key=lambda o: self._sign * o.result[key])
        folder = self.workdir / best.run.name / "checkpoints"
        return trained(best.run.config.model, folder)

    @property
    def _sign(self):
        return 1 if self.found.design.metric.higher_is_better else -1

    def _best_variant(self):
        key = self.found.design.metric.key
        better = [row for row in self.summary.others if row.verdict == "better"]
        return max(
            better,
            key=lambda row: self._sign * row.intervals[key].center,
            default=self.summary.base,
        ).variant

    def __repr__(self):
        return f"<Comparison: {self.sentence}>"

    def _repr_html_(self):
        picture = (self.workdir / "summary.png").read_bytes()
        return fragment(self.summary, picture)


def _norm(row):
    return row.variant.removeprefix("norm=")


def _numbers(row):
    """Returns the name of a column -> what a row has there."""
    cells = {}
    for kind, intervals in (
        ("", row.intervals),
        ("difference_", row.differences),
    ):
        for key, found in intervals.items():
            name = f"{kind}{key}"
            cells |= {
                name: found.center,
                f"{name}_low": found.low,
                f"{name}_high": found.high,
            }
    chosen = {
        key.rpartition(".")[2]: max(counts, key=counts.get)
        for key, counts in row.chosen.items()
    }
    return {
        **cells,
        "verdict": row.verdict,
        "seeds": row.runs,
        "diverged": row.diverged,
        **{f"most_chosen_{key}": value for key, value in chosen.items()},
        "parameters": row.parameters,
        "memory": row.memory,
        "seconds": row.seconds,
    }
