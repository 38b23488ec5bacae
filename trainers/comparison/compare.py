"""A comparison from its config and overrides to its reports."""

from ..common import lock
from ..common.errors import InputError
from ..common.paths import user_path
from ..run.values import check_name
from .hparams import write_hparams
from .plot import plot_comparison
from .report import write_reports
from .report_html import write_page
from .runner import check, execute
from .summary import find_baseline, summarize
from .sweep import plan
from .trainers import trainer_of


def compare(
    config, overrides, workdir, *, jobs=1, command="", config_file=None
):
    """Trains every variant with every seed and compares them.

    Args:
        config: `ConfigDict` with the keys of `configs/default.py` or of
            `configs/gan_default.py`.
        overrides: dicts, dotted config key -> value, one per run; a list or a
            generator.
        workdir: folder of the comparison.
        jobs: number of processes.
        command: the command line, for the report.
        config_file: path of a Python file that registers norms and models;
            each of several processes runs it. Not needed for names such as
            `"module:function"`.

    Returns:
        A `normzoo.trainers.comparison.summary.Summary`, one row per variant.

    Raises:
        InputError: a run could not start; then none has been started. Or
            another process works on the same folder.
    """
    workdir = user_path(workdir)
    runs = plan(config, overrides)
    baseline = find_baseline(runs, config.compare.baseline)
    metric = _find_metric(runs[0].config)
    check(runs, workdir)
    with lock.held(workdir):
        results = execute(runs, workdir, jobs, config_file)
        trainer = trainer_of(runs[0].config)
        columns = trainer.table(runs[0].config)
        summary = summarize(runs, results, baseline, columns)
        write_reports(summary, workdir, command)
        plot_comparison(runs, results, summary, metric, workdir)
        appendix = trainer.appendix(runs, results, workdir)
        write_page(summary, workdir, command, appendix)
        keys = sorted({"seed", *(key for run in runs for key in run.overrides)})
        for run in runs:
            result, folder = results[run.name], workdir / run.name
            write_hparams(run, result, keys, columns, folder)
    return summary


def _find_metric(config):
    """Returns the `Metric` that `config.compare.metric` names."""
    trainer = trainer_of(config)
    known = {metric.name: metric for metric in trainer.metrics(config)}
    if not known:
        raise InputError(
            f"A config with {trainer.key!r} is not for "
            f"normzoo.trainers.compare. Use {trainer.script}."
        )
    check_name("compare.metric", config.compare.metric, known)
    return known[config.compare.metric]
