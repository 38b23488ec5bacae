"""`claim.json`: what an experiment found, and how it was made."""

import datetime
import json

from ...common.provenance import provenance
from ...common.structures import plain
from ...run.logs import finite
from ..intervals import interval
from .verdicts import overall

#: Of what is observed besides the effect: each by itself.
LEVEL = 0.95


def made(measured, looks, quick, changes=(), command=""):
    """Returns the record of an experiment, a JSON-ready dict.

    Args:
        measured: the `Measured`, with all trials.
        looks: the `Look`s.
        quick: whether nothing is judged.
        changes: sentences on what was changed after a look.
        command: the command line.

    Returns:
        What `config.claim` says, and

        - `verdict`: on the claim, see `verdicts.overall`; None if quick;
        - `judged`: data set -> its `verdict`, `effect` (the center), `low`,
          `high` and `level` of the interval, number of `seeds`,
          `seeds_needed` where that is an estimate of what would decide, and
          `effects` by seed;
        - `looks_taken`: for each look its `seeds` and the `verdicts`;
        - `observations`: rows of `dataset`, `label`, `center`, `low`, `high`
          (95 %) and `values` by seed;
        - `chosen`: rows of `dataset`, `label`, `setting`, what was `offered`
          and the `values` by seed;
        - `curves`: data set -> what is plotted;
        - `runs`, `diverged`, `seconds` of training (their sum), `changes`,
          `command`, `date` and where it was made.
    """
    design, trials = measured.design, measured.trials
    every = [trial for some in trials.values() for trial in some]
    judged = {name: one for look in looks for name, one in look.judged.items()}
    verdict = overall(one.verdict for one in judged.values())
    record = {
        **_described(design),
        "verdict": None if quick else verdict,
        "level": design.level,
        "judged": {
            name: _judged(one, measured.effects[name], quick)
            for name, one in judged.items()
        },
        "looks_taken": [] if quick else list(map(_look, looks)),
        "observations": _observations(measured),
        "chosen": _chosen(measured),
        "curves": {
            name: measured.module.curves(some) for name, some in trials.items()
        },
        "runs": len(every),
        "diverged": sum(t.result["status"] == "diverged" for t in every),
        "seconds": round(sum(t.result["seconds"] for t in every), 1),
        "changes": list(changes),
        "command": command,
        "date": datetime.date.today().isoformat(),
        **provenance(),
    }
    return json.loads(json.dumps(record, default=plain))


def _described(design):
    described = json.loads(design.claim.to_json())
    said = {k: v for k, v in described.items() if not k.startswith("quick")}
    return {
        **said,
        "datasets": list(design.datasets),
        "looks": list(design.looks),
        "vary_split": design.vary_split,
    }


def _judged(judgment, effects, quick):
    shown = judgment.interval
    numbers = {"effect": shown.center, "low": shown.low, "high": shown.high}
    return {
        "verdict": None if quick else judgment.verdict,
        **finite(numbers),
        "level": shown.level,
        "seeds": judgment.seeds,
        "seeds_needed": None if quick else judgment.seeds_needed,
        "effects": {str(seed): effect for seed, effect in effects.items()},
    }


def _look(look):
    verdicts = {name: one.verdict for name, one in look.judged.items()}
    return {"seeds": look.seeds, "verdicts": verdicts}


def _observations(measured):
    """Returns one row for each number that was looked at besides."""
    rows = []
    for dataset, trials in measured.trials.items():
        for label, by_seed in measured.module.observe(trials).items():
            found = interval(by_seed.values(), LEVEL)
            numbers = {
                "center": found.center,
                "low": found.low,
                "high": found.high,
            }
            values = {str(seed): value for seed, value in by_seed.items()}
            row = {"dataset": dataset, "label": label, **finite(numbers)}
            rows.append({**row, "values": values})
    return rows


def _chosen(measured):
    choose = getattr(measured.module, "chosen", None)
    if choose is None:
        return []
    return [
        {"dataset": dataset, **row}
        for dataset, trials in measured.trials.items()
        for row in choose(trials)
    ]


def interval_text(found, center="effect"):
    """Returns a center with its interval, such as `"1.5 [1.2, 1.9]"`.

    Args:
        found: of a record: a dict with `low`, `high` and the center.
        center: the key of the center.
    """
    numbers = [found[key] for key in (center, "low", "high")]
    # What should be 0 often is not quite.
    shown = ["?" if n is None else f"{round(n, 12) + 0.0:.3g}" for n in numbers]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"
