"""A comparison from its config and overrides to its reports."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ml_collections import ConfigDict

from ..common import lock
from ..common.paths import user_path
from ..own.norms import registered_in
from .dashboard.folder import Dashboard
from .dashboard.hparams import write_hparams
from .dashboard.occasionally import Occasionally
from .engines.choosing import chosen
from .engines.engine import Work
from .engines.settings import Ray
from .plot import plot_comparison
from .procedure import plan_file
from .procedure.designing import make_plan
from .procedure.splits import check_with_splits
from .procedure.stages import conduct
from .report import write_reports
from .runner import Runner
from .summary import Summary, summarize
from .trainers import trainer_of


def compare(
    config: ConfigDict,
    overrides: Iterable[Mapping[str, Any]],
    workdir: str | os.PathLike,
    *,
    seeds: int | None = None,
    jobs: int = 1,
    engine: str | Ray = "local",
    command: str = "",
    config_file: str | os.PathLike | None = None,
) -> Summary:
    """Trains every variant with every seed and compares them.

    The design of the comparison is written to `plan.json` before the first run.
    After each look, only undecided variants get more seeds.

    Args:
        config: `ConfigDict` with the keys of `configs/default.py` or of
            `configs/gan_default.py`.
        overrides: a list or generator of dicts from dotted config keys to
            values. If they contain `"seed"`, there is one for each run; if
            not, one for each variant.
        workdir: folder of the comparison.
        seeds: number of seeds, starting at `config.seed`, after which there is
            one verdict; seeds in the overrides are then ignored. None: the
            seeds of the overrides, or else as many as `config.compare.looks`
            says, or one if that is `()`.
        jobs: number of processes of this machine.
        engine: `"local"`; or `"ray"`, or a `Ray` with its settings, to train on
            a cluster.
        command: the command line that the report shows.
        config_file: path of a Python file that registers norms and models;
            each of several processes runs it. Not needed for names such as
            `"module:function"`, nor for norms of `layers.register`.

    Returns:
        A `normzoo.trainers.comparison.summary.Summary`, one row per variant.

    Raises:
        InputError: a run cannot start, in which case none was started; or
            another process is using the same folder.
    """
    chosen_engine = chosen(engine, jobs)
    plan = make_plan(config, overrides, seeds)
    found = carry_out(
        plan, config, workdir, chosen_engine, command, config_file
    )
    return found[1]


def carry_out(
    plan,
    config,
    workdir,
    engine,
    command="",
    config_file=None,
    started=lambda: None,
):
    """Does what a `Plan` says; returns the `Found`, and its `Summary`.

    Args:
        plan: of all runs.
        config, workdir, command, config_file: as of `compare`.
        engine: the `Engine` that trains.
        started: function that is called when all is checked and `plan.json`
            is written.
    """
    workdir = user_path(workdir)
    check_with_splits(plan.every_run, workdir, plan.design.vary_split)
    # A config file registers them in each process itself.
    sent = engine.instead and not config_file
    norms = registered_in(plan.every_run, engine.instead) if sent else {}
    with lock.held(workdir):
        record = plan_file.begin(workdir, plan.design, config, command)
        started()
        dashboard = Dashboard(_metrics(plan), workdir, command)
        with Runner(Work(workdir, config_file, norms), engine) as runner:
            found = _conduct(plan, runner, record, dashboard)
        return found, _report(found, workdir, command, dashboard)


def _conduct(plan, runner, record, dashboard):
    """Trains what the looks need; shows in TensorBoard what there is so far."""
    write_curves = Occasionally(dashboard.write_curves)

    def look(found):
        dashboard.write(found, _summarized(found), goes_on=True)

    def running(found):
        write_curves(found)
        if runner.has_room():
            dashboard.prepare(found)

    return conduct(plan, runner, record, look, running)


def _metrics(plan):
    config = plan.every_run[0].config
    trainer = trainer_of(config)
    return (*trainer.table(config), *trainer.metrics(config))


def _summarized(found):
    config = found.outcomes[0].run.config
    trainer = trainer_of(config)
    return summarize(found, trainer.table(config), trainer.about(config))


def _report(found, workdir, command, dashboard):
    runs = [outcome.run for outcome in found.outcomes]
    results = {each.run.name: each.result for each in found.outcomes}
    summary = _summarized(found)
    write_reports(summary, runs, workdir, command)
    plot_comparison(runs, results, summary, found.design.metric, workdir)
    _write_rows(found, summary, workdir)
    dashboard.write(found, summary)
    return summary


def _write_rows(found, summary, workdir):
    """Writes what TensorBoard's table of the runs shows."""
    runs = [outcome.run for outcome in found.outcomes]
    keys = sorted({"seed", *(key for run in runs for key in run.overrides)})
    base = {
        each.seed: each.result
        for each in found.outcomes
        if each.variant == summary.baseline
    }
    for each in found.outcomes:
        other = None
        if each.variant != summary.baseline:
            other = base.get(each.seed)
        write_hparams(
            each.run,
            each.result,
            keys,
            summary.columns,
            workdir / each.run.name,
            other,
        )
