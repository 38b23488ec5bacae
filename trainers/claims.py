"""Tests a well-known sentence about normalization by experiment.

    python -m normzoo.trainers.claims --config=claims/learning_rate \
        --workdir=runs/claims/learning_rate

The config's `sweep()` says what is trained, on each of `config.claim.datasets`;
its `judge()` what effect was found with each seed, and `config.claim.minimal`
which effect counts. The verdict is *supported* if the effect's 95 % interval
lies above that, *refuted* if it lies below, *inconclusive* if it lies on both
sides. The workdir gets a folder for each run and `claim.json`.
"""

import datetime
import json
import pathlib
import shlex
import sys

from absl import flags
from ml_collections import config_flags

from ..configs.claims import mean_effect
from . import app
from .common import lock
from .common.errors import InputError
from .common.files import write_json
from .common.provenance import provenance
from .common.structures import flatten
from .comparison import sweep
from .comparison.runner import check, execute
from .comparison.statistics import estimate
from .comparison.trials import Trial, read_log
from .comparison.verdicts import decide
from .run.logs import finite

_DATASET = "dataset.name"


def examine(config, module, workdir, *, quick=False, jobs=1, command=""):
    """Runs a claim's experiment and judges it.

    Runs that are finished are not repeated, interrupted ones are continued.

    Args:
        config: `ConfigDict` with `claim`, see `configs/claims/__init__.py`.
        module: has `sweep()`, `judge(trials)`, which returns seed -> effect,
            `curves(trials)` and `observe(trials)`.
        workdir: folder of the experiment.
        quick: whether to run one seed on one data set for a moment, to see
            that it runs; what it says is not judged.
        jobs: number of processes, 1 for a claim that wants to be alone.
        command: the command line, for the record.

    Returns:
        A JSON-ready dict, as `claim.json` holds it: what `config.claim` says,
        `verdict` (None if quick), `effect`, `low`, `high`, `seeds`, `effects`
        (by seed), `observations`, `curves`, and how it was made.
    """
    workdir = pathlib.Path(workdir)
    claim, runs = _plan(config, module, quick)
    check(runs, workdir)
    with lock.held(workdir):
        results = execute(runs, workdir, 1 if claim.alone else jobs)
        groups = _by_dataset(runs, results, workdir)
        judged = {k: module.judge(group) for k, group in groups.items()}
        effects = mean_effect(list(judged.values()))
        found = decide(effects.values(), claim.minimal)._asdict()
        if quick:
            found |= dict.fromkeys(("verdict", "low", "high"))
        record = {
            **_described(claim),
            **found,
            "effects": {str(seed): effect for seed, effect in effects.items()},
            "observations": _observations(module, groups, judged),
            "curves": {k: module.curves(group) for k, group in groups.items()},
            "runs": len(runs),
            "diverged": sum(
                result.get("status") == "diverged"
                for result in results.values()
            ),
            "command": command,
            "date": datetime.date.today().isoformat(),
            **provenance(),
        }
        write_json(workdir / "claim.json", record)
    return record


def _described(claim):
    described = json.loads(claim.to_json())
    return {k: v for k, v in described.items() if not k.startswith("quick")}


def _plan(config, module, quick):
    """Returns the claim and the runs of its experiment."""
    config = config.copy_and_resolve_references()
    with config.unlocked():
        claim = config.claim
        del config.claim  # The runs do not depend on it.
        if quick:
            config.update(claim.quick)
    settings, datasets = sweep.overrides_of(module), claim.datasets
    if claim.seeds < 1:
        raise InputError(
            f"config.claim.seeds must be at least 1. Received: {claim.seeds}."
        )
    seeds = range(claim.first_seed, claim.first_seed + claim.seeds)
    if quick:
        datasets, seeds = datasets[:1], seeds[:1]
        settings = _quick(settings, claim)
    # Seeds change fastest, because their runs share a compiled model.
    planned = [
        {_DATASET: name, **values, "seed": seed}
        for name in datasets
        for values in settings
        for seed in seeds
    ]
    return claim, sweep.plan(config, planned)


def _quick(settings, claim):
    """Returns what is left of a sweep, without what `claim.quick` says."""
    said = flatten(claim.quick.to_dict())
    return [
        {key: value for key, value in each.items() if key not in said}
        for each in settings
        if all(each[key] in values for key, values in claim.quick_only)
    ]


def _by_dataset(runs, results, workdir):
    groups = {}
    for run in runs:
        log = read_log(workdir / run.name)
        trial = Trial(run.settings, results[run.name], log)
        groups.setdefault(run.overrides[_DATASET], []).append(trial)
    return groups


def _observations(module, groups, judged):
    """Returns one row for each number that was looked at besides."""
    rows = []
    for dataset, trials in groups.items():
        observed = {"effect": judged[dataset], **module.observe(trials)}
        for label, by_seed in observed.items():
            mean, half_width = estimate(list(by_seed.values()))
            row = {"dataset": dataset, "label": label}
            numbers = {"mean": mean, "half_width": half_width}
            rows.append({**row, **finite(numbers)})
    return rows


def summary(record):
    """Returns what was found, in a few lines of text."""
    if record["verdict"] is None:
        found = f"not judged (quick): {record['effect']:.3g}"
    else:
        found = (
            f"{record['verdict']}: {record['effect']:.3g} "
            f"({record['low']:.3g} to {record['high']:.3g}, {record['seeds']} "
            f"seeds); supported above {record['minimal']:g}"
        )
    return f"{record['sentence']}\n{found}\nEffect: {record['measured']}"


def main(flags):
    """Runs the script."""
    path = config_flags.get_config_filename(flags["config"])
    module = sweep.load_module(path)
    if not hasattr(module, "judge"):
        raise InputError(
            f"The config {path} has no judge(), so it is no claim. See the "
            "packaged ones: --config=claims/NAME."
        )
    config = flags.config
    given = config_flags.get_override_values(flags["config"])
    if _DATASET in given:
        config.claim.datasets = (given[_DATASET],)
    command = shlex.join(
        ["python", "-m", "normzoo.trainers.claims", *sys.argv[1:]]
    )
    record = examine(
        config,
        module,
        flags.workdir,
        quick=flags.quick,
        jobs=flags.jobs,
        command=command,
    )
    print(summary(record))
    print(f"Results: {flags.workdir}/claim.json")


if __name__ == "__main__":
    flags.DEFINE_bool("quick", False, "Only see that it runs; do not judge.")
    app.define_jobs()
    app.run_with_config(main)
