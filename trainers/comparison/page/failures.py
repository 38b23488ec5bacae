"""The runs that diverged."""

from ....layers.diagnosis.markup import element, joined, table
from .section import Section


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
    said = (
        f"{len(lost)} of {len(held.runs)} runs diverged. Each counts as worse "
        "than any run that did not."
    )
    titles = ["variant", "seed", "steps", "validations before"]
    content = joined(element("p", said), table(titles, rows))
    return Section("failures", "Diverged runs", content)


def _end(held, name):
    steps = held.results[name].get("steps")
    return "n/a" if steps is None else f"{steps:,}", str(len(held.logs[name]))
