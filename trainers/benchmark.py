"""Measures how fast normzoo is on this machine.

    python -m normzoo.trainers.benchmark --suite=norms --workdir=runs/speed

prints tables and writes `norms.json` and `norms.md` into the workdir.
`--suite=device` checks whether this package computes right on the devices that
are there; the exit code is 1 if it does not.
"""

import importlib
import os
import platform
import sys

from absl import flags

from . import app, benchmarks

if __name__ == "__main__":
    flags.DEFINE_enum(
        "suite", "norms", benchmarks.SUITES, "Suite of measurements."
    )
    flags.DEFINE_enum(
        "case",
        None,
        benchmarks.recurrent_cases(),
        "With --suite=recurrent: the only case to measure.",
    )
    app.define_workdir()
    app.parse()

import keras
import tensorflow as tf

from .benchmarks import report
from .benchmarks.report import Table
from .common.errors import InputError

__all__ = ["facts", "run"]


def run(
    suite: str,
    workdir: str | os.PathLike | None = None,
    case: str | None = None,
) -> list[Table]:
    """Measures a suite, prints its tables, and writes them into `workdir`.

    Raises:
        InputError: there is a case, and the suite has none.
    """
    if case and suite != "recurrent":
        raise InputError(
            "Only the suite 'recurrent' has cases. Received: "
            f"suite={suite!r} and case={case!r}."
        )
    module = importlib.import_module(f"{benchmarks.__name__}.{suite}")
    tables = module.run(case) if case else module.run()
    report.show(tables)
    if workdir is not None:
        report.write(tables, facts(), workdir, suite)
    return tables


def facts() -> dict[str, str | int]:
    """Returns what the figures depend on: machine and versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "GPUs": len(tf.config.list_physical_devices("GPU")),
        "Python": platform.python_version(),
        "TensorFlow": tf.__version__,
        "Keras": keras.__version__,
    }


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = [line for line in file if line.startswith("model name")]
    except OSError:
        lines = []
    return lines[0].split(":")[1].strip() if lines else platform.machine()


def main(flags):
    """Runs the script."""
    tables = run(flags.suite, flags.workdir, flags.case)
    if any(
        row.get("passed") == report.answer(False)
        for t in tables
        for row in t.rows
    ):
        sys.exit(1)


if __name__ == "__main__":
    app.run(main)
