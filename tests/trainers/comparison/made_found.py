"""Made-up comparisons: what they found, without a training."""

import ml_collections

from normzoo.trainers.comparison.design import Design, Found, Look, Outcome
from normzoo.trainers.comparison.sweep import Run
from normzoo.trainers.gans.metrics.measures import FRECHET
from normzoo.trainers.supervised.metrics import METRICS

ACCURACY = METRICS["accuracy"].shown
LOSS = METRICS["loss"].shown
DISTANCE = FRECHET
RATE = "optimizer.learning_rate"


def made_found(
    values,
    *,
    metric=ACCURACY,
    least=0.005,
    looks=None,
    rates=(),
    chosen=None,
    results=None,
    changes=(),
    **design,
):
    """Returns a `Found`.

    Args:
        values: variant -> values of the metric by seed, None if a run has
            diverged; the first variant is the baseline.
        metric, least: of the design.
        looks: of the design; None for one after all seeds.
        rates: the grid.
        chosen: variant -> learning rate of each seed; the middle one if None.
        results: variant -> what else its results hold, a dict or one a seed.
        changes: of the `Found`.
        **design: more of the design.
    """
    seeds = max(map(len, values.values()))
    looks = looks or (seeds,)
    plan = Design(
        variants={name: {"model.norm": name} for name in values},
        baseline=next(iter(values)),
        metric=metric,
        least=least,
        looks=looks,
        seeds=tuple(range(looks[-1])),
        grid=tuple({RATE: rate} for rate in rates) or ({},),
        **design,
    )
    outcomes = tuple(
        _outcome(name, seed, value, i, plan, chosen or {}, results or {})
        for i, name in enumerate(values)
        for seed, value in enumerate(values[name])
    )
    taken = tuple(Look(n, {}) for n in looks if n <= seeds)
    return Found(plan, outcomes, taken, changes)


def _outcome(name, seed, value, place, design, chosen, results):
    key = design.metric.key
    more = results.get(name, {})
    more = more[seed] if isinstance(more, list) else more
    result = {
        "status": "diverged" if value is None else "finished",
        "test_loss": None if value is None else 1 - value,
        "test_accuracy": None if value is None else value,
        key: value,
        "parameters": 1000 + 100 * place,
        "memory": {
            "weights": 4000 + 400 * place,
            "optimizer": 8000 + 800 * place,
            "activations": 2_000_000 * (1 + place),
        },
        "seconds": 1.0 if value is None else 10.0 + place,
        **more,
    }
    picked, edges = {}, ()
    rates = [point[RATE] for point in design.grid if point]
    if rates:
        middle = [rates[len(rates) // 2]] * (seed + 1)
        picked = {RATE: chosen.get(name, middle)[seed]}
        edges = (RATE,) if picked[RATE] in (min(rates), max(rates)) else ()
    config = {
        "seed": seed,
        "model": {"norm": name},
        "optimizer": {"learning_rate": 0.001},
        "dataset": {"name": "digits"},
    }
    overrides = {"model.norm": name, "seed": seed}
    run = Run(
        name=f"{name},seed={seed}",
        variant=name,
        overrides=overrides,
        settings={"norm": name, "seed": seed},
        config=ml_collections.ConfigDict(config),
    )
    seconds = result["seconds"] * max(len(rates), 1)
    return Outcome(name, seed, run, result, picked, edges, seconds)


def steady(center, seeds=10, spread=0.002):
    """Returns values of several seeds around a center."""
    return [center + spread * (seed % 5 - 2) for seed in range(seeds)]
