"""The experiment of a claim, from its config to a judged record.

Rules are in `configs/claims/__init__.py`; `normzoo.trainers.claims` is the
script.
"""

import datetime
import json

from ...configs.claims import mean_effect
from ..common import lock
from ..common.errors import InputError
from ..common.files import write_json
from ..common.paths import user_path
from ..common.provenance import provenance
from ..common.structures import flatten
from ..run import metrics_file
from ..run.logs import finite
from . import sweep
from .runner import check, execute
from .statistics import estimate
from .trials import Trial
from .verdicts import decide

#: The key that `config.claim.datasets` sweeps.
DATASET = "dataset.name"


def examine(
    config,
    module,
    workdir,
    *,
    quick=False,
    jobs=1,
    command="",
    config_file=None,
):
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
        config_file: path of the module, `FILE:ARGUMENT` where its `get_config`
            takes one; each of several processes runs it.

    Returns:
        A JSON-ready dict, as `claim.json` holds it: what `config.claim` says,
        `verdict` (None if quick), `effect`, `low`, `high`, `seeds`, `effects`
        (by seed), `observations`, `curves`, and how it was made.
    """
    workdir = user_path(workdir)
    claim, runs = _plan(config, module, quick)
    check(runs, workdir)
    with lock.held(workdir):
        results = execute(
            runs, workdir, 1 if claim.alone else jobs, config_file
        )
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
        {DATASET: name, **values, "seed": seed}
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
        log = metrics_file.read(workdir / run.name)
        trial = Trial(run.settings, results[run.name], log)
        groups.setdefault(run.overrides[DATASET], []).append(trial)
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
