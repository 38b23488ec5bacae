"""The runs that diverged."""

from ....layers.diagnosis.markup import joined, table
from ..reporting.notes import diverged
from .section import Section, notes


def failures(held):
    """Returns the `Section` of the runs that diverged; None without any."""
    lost = [
        run
        for run in held.runs
        if held.results[run.name]["status"] == "diverged"
    ]
    if not lost:
        return None
    rows = [[run.variant, str(run.seed), *_end(held, run.name)] for run in lost]
    titles = ["variant", "seed", "steps", "validations before that"]
    content = joined(notes(diverged(held.summary)), table(titles, rows))
    return Section("failures", "Diverged runs", content)


def _end(held, name):
    steps = held.results[name].get("steps")
    return "n/a" if steps is None else f"{steps:,}", str(len(held.logs[name]))
