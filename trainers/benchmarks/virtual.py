"""The benchmark suite `virtual`: what virtual batch norm costs a generator.

A `ReferenceModel` takes a reference batch of the batch's size through the whole
model, which alone doubles the work: "none, with a reference" shows that.
"""

from ..common import timing
from . import dcgan
from .report import Table, goal

#: The most that a step may cost, in steps with batch norm.
LIMIT = 2.5

#: What -> its norm, and whether a reference goes along.
SUBJECTS = {
    "none": ("none", False),
    "none, with a reference": ("none", True),
    "batch": ("batch", False),
    "virtual": ("virtual", True),
}


def run(repeats=20, batch=64, width=64):
    """Returns a table of milliseconds per step, and one of the goals."""
    rows, goals = [], []
    for dtype, policy in dcgan.POLICIES.items():
        for mode, jit_compile in (("graph", False), ("XLA", True)):
            seconds = measure(
                SUBJECTS, repeats, (policy, jit_compile, batch, width)
            )
            columns = {f"{name}, ms": 1e3 * s for name, s in seconds.items()}
            rows.append({"type": dtype, "mode": mode, **columns})
            goals.append(ratio(seconds, f"{dtype}, {mode}"))
    return [Table("generator step", rows), Table("goals", goals)]


def measure(names, repeats, options):
    """Returns the median seconds of a step of each of these subjects.

    Args:
        names: of `SUBJECTS`.
        repeats: of each measurement.
        options: the last four arguments of `dcgan.generator_step`.
    """
    steps = {
        name: dcgan.generator_step(*SUBJECTS[name], *options) for name in names
    }
    return timing.interleaved(steps, repeats)


def ratio(seconds, case):
    """Returns the row that compares the steps with the two norms."""
    figure = f"generator step, virtual / batch, {case}"
    return goal(figure, seconds["virtual"] / seconds["batch"], LIMIT)
