"""A comparison look by look: train, choose, judge, go on with the undecided."""

import math

from ..design import Found, Look, Outcome
from ..judgment import judge
from ..looks import labeled
from .grid import edges
from .tuning import choose, choose_once


def _nothing(found):
    del found


def conduct(plan, runner, record, look=_nothing, running=_nothing):
    """Trains what the looks need, and judges; returns what was `Found`.

    Each look trains the baseline and the variants that are undecided so far,
    which are all of them at first. With `design.once` the tuning seeds come
    before.

    Args:
        plan: the `Plan`.
        runner: the open `Runner`.
        record: the `Record` of the plan, which is told each look.
        look: function of what was `Found` so far, which is called when
            another look has runs to train.
        running: the same, which is called while the runs of the first look
            finish. It is told of no verdict, and not of every variant.
    """
    design = plan.design
    chosen = _choose_once(plan, runner) if design.once else {}
    active, verdicts = list(design.variants), {}
    outcomes, looks = {}, []
    for label, seeds in labeled(design.looks):
        wanted = [
            (variant, seed)
            for variant in active
            for seed in design.seeds[:seeds]
            if (variant, seed) in plan.runs
        ]
        candidates = _candidates(plan, wanted, chosen)
        if looks and not runner.has_results(_every(candidates)):
            look(_found(plan, outcomes, looks, record))

        def tell(results, is_first=not looks, candidates=candidates):
            ended = _ended(plan, candidates, results, chosen)
            if is_first and ended:
                running(_found(plan, ended, (), record))

        results = runner.execute(_every(candidates), label, tell)
        outcomes |= _ended(plan, candidates, results, chosen)
        judged = judgments(design, outcomes, active)
        verdicts |= {name: found.verdict for name, found in judged.items()}
        record.look(seeds, judged)
        looks.append(Look(seeds, dict(verdicts)))
        undecided = [k for k, each in judged.items() if _is_open(each)]
        if not undecided:
            break
        active = [design.baseline, *undecided]
    return _found(plan, outcomes, looks, record)


def _found(plan, outcomes, looks, record):
    found = [outcomes[key] for key in plan.runs if key in outcomes]
    return Found(plan.design, tuple(found), tuple(looks), record.changes)


def judgments(design, outcomes, variants):
    """Returns variant -> `Judgment`, of those that are not the baseline.

    Args:
        design: the `Design`.
        outcomes: (variant, seed) -> `Outcome`.
        variants: names of those that are judged.
    """
    values = {}
    for (variant, seed), outcome in outcomes.items():
        value = _value(outcome.result, design.metric.key)
        values.setdefault(variant, {})[seed] = value
    return {
        variant: judge(
            values[variant],
            values[design.baseline],
            higher_is_better=design.metric.higher_is_better,
            least=design.least,
            level=design.level,
        )
        for variant in variants
        if variant != design.baseline
    }


def _value(result, key):
    """Returns a result's value; None if it diverged, whatever it has."""
    value = result.get(key)
    if result["status"] == "diverged" or value is None:
        return None
    return value if math.isfinite(value) else None


def _is_open(judgment):
    return judgment.verdict == "undecided"


def _choose_once(plan, runner):
    """Trains with the tuning seeds; returns variant -> index in the grid."""
    design = plan.design
    runs = {
        variant: [plan.runs[variant, seed] for seed in design.tuning_seeds]
        for variant in design.variants
    }
    every = [run for by_seed in runs.values() for c in by_seed for run in c]
    results = runner.execute(every, "tuning")
    return {
        variant: choose_once(
            [[results[run.name] for run in each] for each in by_seed],
            design.metric,
        )
        for variant, by_seed in runs.items()
    }


def _candidates(plan, wanted, chosen):
    """Returns (variant, seed) -> the runs that one is chosen from."""
    return {
        key: plan.runs[key]
        if not plan.design.once
        else (plan.runs[key][chosen[key[0]]],)
        for key in wanted
    }


def _every(candidates):
    return [run for runs in candidates.values() for run in runs]


def _ended(plan, candidates, results, chosen):
    """Returns (variant, seed) -> `Outcome`, of those whose runs have ended."""
    design = plan.design
    found = {}
    for (variant, seed), runs in candidates.items():
        mine = [results[run.name] for run in runs]
        if None in mine:
            continue
        best = choose(mine, design.metric) if len(mine) > 1 else 0
        point = chosen[variant] if design.once else best
        found[variant, seed] = Outcome(
            variant=variant,
            seed=seed,
            run=runs[best],
            result=mine[best],
            chosen=design.grid[point],
            at_edge=edges(design.grid, design.grid[point]),
            seconds=sum(result["seconds"] for result in mine),
        )
    return found
