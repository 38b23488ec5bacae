"""The experiment of a claim, from its config to a judged record.

Rules are in `configs/claims/__init__.py` and in `docs/verdicts.md`;
`normzoo.trainers.claims` is the script.
"""

import os
import types
from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict

from ...common import lock
from ...common.files import write_json
from ...common.paths import user_path
from ...run import metrics_file
from ..engines.choosing import chosen
from ..engines.engine import Work
from ..engines.here import Here
from ..engines.settings import Ray
from ..procedure import plan_file
from ..procedure.splits import check_with_splits
from ..runner import Runner
from ..trials import Trial
from . import records
from .design import make_design
from .stages import conduct


def examine(
    config: ConfigDict,
    module: types.ModuleType,
    workdir: str | os.PathLike,
    *,
    seeds: int | None = None,
    quick: bool = False,
    jobs: int = 1,
    engine: str | Ray = "local",
    command: str = "",
    config_file: str | os.PathLike | None = None,
) -> dict[str, Any]:
    """Runs a claim's experiment and judges it.

    What counts is written into `plan.json` before the first run. After each
    look only data sets without a verdict get more seeds. Runs that are finished
    are not repeated, interrupted ones are continued.

    Args:
        config: `ConfigDict` with `claim`, see `configs/claims/__init__.py`.
        module: has `sweep()`, `judge(trials)`, which returns seed -> effect,
            `curves(trials)` and `observe(trials)`, and perhaps
            `chosen(trials)`.
        workdir: folder of the experiment.
        seeds: number of seeds, judged once; None: as `claim.looks` says.
        quick: whether to run one seed on one data set for a moment, to see
            that it runs; what it says is not judged.
        jobs, engine: as of `compare`. A claim that wants to be alone does not
            look at them.
        command: the command line, for the record.
        config_file: path of the module, `FILE:ARGUMENT` where its `get_config`
            takes one; each of several processes runs it.

    Returns:
        A JSON-ready dict, as `claim.json` holds it; see `records.made`.
    """
    return carry_out(
        make_design(config, module, seeds, quick),
        module,
        workdir,
        quick,
        chosen(engine, jobs),
        command,
        config_file,
    )


def carry_out(
    design,
    module,
    workdir,
    quick,
    engine,
    command="",
    config_file=None,
):
    """Does what a `ClaimDesign` says; see `examine`.

    Args:
        design: of the claim.
        module, workdir, quick, command, config_file: as of `examine`.
        engine: the `Engine` that trains.
    """
    workdir = user_path(workdir)
    check_with_splits(design.every_run, workdir, design.vary_split)
    with lock.held(workdir):
        plan = None
        if not quick:
            plan = plan_file.begin_counting(
                workdir, design.counts, design.level, command
            )
        work = Work(workdir, config_file)
        engine = Here() if design.claim.alone else engine
        with Runner(work, engine) as runner:
            measured = Measured(design, module, runner)
            looks = []
            for look in _looks(design, measured, quick):
                looks.append(look)
                if plan:
                    plan.look(look.seeds, look.judged)
        changes = plan.changes if plan else ()
        record = records.made(measured, looks, quick, changes, command)
        write_json(workdir / "claim.json", record)
    return record


def _looks(design, measured, quick):
    return conduct(
        design.looks,
        design.datasets,
        design.minimal,
        0.0 if quick else design.level,
        measured.measure,
    )


class Measured:
    """The runs of a claim, and what its judge finds in them.

    Args:
        design: the `ClaimDesign`.
        module: of the claim.
        runner: the open `Runner`.

    Attributes:
        trials: data set -> the `Trial`s so far.
        effects: data set -> seed -> effect.
    """

    def __init__(self, design, module, runner):
        self.design, self.module = design, module
        self._runner = runner
        self.trials, self.effects = {}, {}

    def measure(self, datasets, seeds, label):
        """Trains; returns data set -> the effects of so many seeds."""
        wanted = {
            name: self.design.runs_of([name], self.design.seeds[:seeds])
            for name in datasets
        }
        every = [run for runs in wanted.values() for run in runs]
        results = self._runner.execute(every, label)
        for name, runs in wanted.items():
            self.trials[name] = [self._trial(run, results) for run in runs]
            self.effects[name] = self.module.judge(self.trials[name])
        return {name: self.effects[name].values() for name in datasets}

    def _trial(self, run, results):
        lines = metrics_file.read(self._runner.workdir / run.name)
        return Trial(run.settings, results[run.name], lines)


def summary(record: Mapping[str, Any]) -> str:
    """Returns what was found, in a few lines of text.

    Args:
        record: as `examine` returns it.
    """
    lines = [record["sentence"]]
    quick = record["verdict"] is None
    if quick:
        lines.append("not judged (quick)")
    else:
        lines.append(
            f"{record['verdict']}; an effect counts above {record['minimal']:g}"
        )
    for name, found in record["judged"].items():
        verdict = "" if quick else f"{found['verdict']}, "
        needed = found["seeds_needed"]
        lines.append(
            f"- {name}: {verdict}{records.interval_text(found)}, "
            f"{found['seeds']} seed{'s' * (found['seeds'] != 1)}"
            + (f"; about {needed} would decide" if needed else "")
        )
    lines += record["changes"]
    return "\n".join([*lines, f"Effect: {record['measured']}"])
