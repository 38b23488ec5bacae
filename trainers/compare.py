"""Compares the variants of a config's sweep, norms and seeds for example.

    python -m normzoo.trainers.compare --config=digits_mlp \
        --workdir=runs/digits_mlp

Every run gets a folder in the workdir, as of `normzoo.trainers.classify` or
`normzoo.trainers.gan`; the
workdir itself gets `report.html`, `summary.csv`, `summary.md`, `summary.png`.
Finished runs are not repeated, an interrupted one is continued. For one seed
all variants start from equal kernels and see the same batches in the same
order.
"""

import pathlib
import shlex
import sys

import rich
from absl import flags
from ml_collections import config_flags

from . import app
from .common import lock
from .common.errors import InputError
from .comparison.hparams import write_hparams
from .comparison.plot import plot_comparison
from .comparison.report import legend, terminal_table, write_reports
from .comparison.report_html import write_page
from .comparison.runner import check, execute
from .comparison.summary import find_baseline, summarize
from .comparison.sweep import load_overrides, plan
from .comparison.trainers import trainer_of
from .run.rundir import RunDir

flags.DEFINE_bool("dry_run", False, "List the runs and stop.")
app.define_jobs()


def compare(config, overrides, workdir, *, jobs=1, command=""):
    """Trains every variant with every seed and compares them.

    Args:
        config: `ConfigDict` with the keys of `configs/default.py` or of
            `configs/gan_default.py`.
        overrides: list of dicts, dotted config key -> value, one per run.
        workdir: folder of the comparison.
        jobs: number of processes.
        command: the command line, for the report.

    Returns:
        A `normzoo.trainers.comparison.summary.Summary`, one row per variant.

    Raises:
        InputError: a run could not start; then none has been started. Or
            another process works on the same folder.
    """
    workdir = pathlib.Path(workdir)
    runs = plan(config, overrides)
    baseline = find_baseline(runs, config.compare.baseline)
    _check_metric(trainer_of(runs[0].config), runs[0].config)
    check(runs, workdir)
    with lock.held(workdir):
        return _compare(runs, baseline, workdir, jobs, command)


def _compare(runs, baseline, workdir, jobs, command):
    results = execute(runs, workdir, jobs)
    summary = summarize(runs, results, baseline)
    write_reports(summary, workdir, command)
    metric = runs[0].config.compare.metric
    plot_comparison(runs, results, summary, metric, workdir)
    appendix = trainer_of(runs[0].config).appendix(runs, results, workdir)
    write_page(summary, workdir, command, appendix)
    keys = sorted({"seed", *(key for run in runs for key in run.overrides)})
    for run in runs:
        write_hparams(run, results[run.name], keys, workdir / run.name)
    return summary


def _check_metric(trainer, config):
    expected = trainer.compared(config)
    if config.compare.metric not in expected:
        raise InputError(
            f"Unknown compare.metric. Received: {config.compare.metric!r}. "
            f"Expected one of: {', '.join(expected)}."
        )


def main(flags):
    """Runs the script."""
    overrides = load_overrides(
        config_flags.get_config_filename(flags["config"])
    )
    _refuse_swept(config_flags.get_override_values(flags["config"]), overrides)
    if flags.dry_run:
        _list(plan(flags.config, overrides), pathlib.Path(flags.workdir))
        return
    command = shlex.join(
        ["python", "-m", "normzoo.trainers.compare", *sys.argv[1:]]
    )
    summary = compare(
        flags.config, overrides, flags.workdir, jobs=flags.jobs, command=command
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
        finished = RunDir(workdir / run.name).result() is not None
        print(f"{'finished' if finished else 'pending':9}{run.name}")


if __name__ == "__main__":
    app.run_with_config(main)
