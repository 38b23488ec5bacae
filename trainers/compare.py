r"""Compares the variants of a config's sweep, norms and seeds for example.

    python -m normzoo.trainers.compare --config=digits_mlp \
        --workdir=runs/digits_mlp

Every run gets a folder in the workdir, as of `normzoo.trainers.classify` or
`normzoo.trainers.gan`; the workdir itself gets `report.html`, `summary.csv`,
`summary.md`, `summary.png`. Finished runs are not repeated, an interrupted one
is continued. For one seed all variants start from equal kernels and see the
same batches in the same order.
"""

import pathlib
import shlex
import sys

import rich
from absl import flags
from ml_collections import config_flags

from . import app
from .common.errors import InputError
from .comparison.compare import compare
from .comparison.report import legend, terminal_table
from .comparison.runner import finished_result
from .comparison.sweep import load_overrides, plan

__all__ = ["compare"]

flags.DEFINE_bool("dry_run", False, "List the runs and stop.")
app.define_jobs()


def main(flags):
    """Runs the script."""
    config_file = config_flags.get_config_filename(flags["config"])
    overrides = load_overrides(config_file)
    _refuse_swept(config_flags.get_override_values(flags["config"]), overrides)
    if flags.dry_run:
        _list(plan(flags.config, overrides), pathlib.Path(flags.workdir))
        return
    command = shlex.join(
        ["python", "-m", "normzoo.trainers.compare", *sys.argv[1:]]
    )
    summary = compare(
        flags.config,
        overrides,
        flags.workdir,
        jobs=flags.jobs,
        command=command,
        config_file=config_file,
    )
    rich.print(terminal_table(summary), legend(summary), sep="")
    print(
        f"Results: {flags.workdir}/report.html, summary.md, summary.csv, "
        "summary.png\n"
        f"Look closer: tensorboard --logdir={shlex.quote(flags.workdir)}"
    )


def _refuse_swept(given, overrides):
    swept = {key for override in overrides for key in override}
    for key in given:
        if key in swept:
            raise InputError(
                f"--config.{key} has no effect: the config's sweep() sets "
                f"{key} for every run. Train one with "
                "normzoo.trainers.classify or gan, or change sweep()."
            )


def _list(runs, workdir):
    for run in runs:
        finished = finished_result(run, workdir) is not None
        print(f"{'finished' if finished else 'pending':9}{run.name}")


if __name__ == "__main__":
    app.run_with_config(main)
