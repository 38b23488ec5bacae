"""Measures how fast normzoo is on this machine.

    python -m normzoo.trainers.benchmark --suite=norms --workdir=runs/speed

prints tables and writes `norms.json` and `norms.md` into the workdir.
"""

import os
import platform

import keras
import tensorflow as tf
from absl import flags

from . import app
from .benchmarks import (
    distributed,
    gan,
    input,
    norms,
    recurrent,
    report,
    soak,
    sweep,
    virtual,
    weight_norms,
)

#: Name -> function that measures and returns a list of `Table`.
SUITES = {
    "norms": norms.run,
    "virtual": virtual.run,
    "weight_norms": weight_norms.run,
    "input": input.run,
    "recurrent": recurrent.run,
    "gan": gan.run,
    "soak": soak.run,
    "distributed": distributed.run,
    "sweep": sweep.run,
}

flags.DEFINE_enum("suite", "norms", list(SUITES), "Suite of measurements.")
flags.DEFINE_enum(
    "case",
    None,
    recurrent.cases(),
    "With --suite=recurrent: the only case to measure.",
)
app.define_workdir()


def run(suite, workdir=None, case=None):
    """Measures a suite, prints its tables, and writes them into `workdir`."""
    tables = SUITES[suite](case) if case else SUITES[suite]()
    report.show(tables)
    if workdir is not None:
        report.write(tables, facts(), workdir, suite)
    return tables


def facts():
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
    run(flags.suite, flags.workdir, flags.case)


if __name__ == "__main__":
    app.run(main)
