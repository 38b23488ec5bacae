"""From a config and overrides to the design of a comparison and its runs."""

from typing import NamedTuple

from ....configs import default
from ...common.errors import InputError
from ...common.structures import plain
from ...run.values import check_name
from ..design import Design
from ..looks import check_looks, check_seeds
from ..sweep import SEED, Run, plan, unseeded, without_seed
from ..trainers import trainer_of
from .grid import make_grid, shown
from .splits import with_own_split


class Plan(NamedTuple):
    """A `Design` and all runs that it may need.

    Attributes:
        design: the `Design`.
        runs: (variant, seed) -> the `Run`s to choose from, in the order of
            the grid; also those of the tuning seeds.
    """

    design: Design
    runs: dict[tuple[str, int], tuple[Run, ...]]

    @property
    def every_run(self):
        """All runs, in the order of variants, seeds and grid."""
        return [run for runs in self.runs.values() for run in runs]


def make_plan(config, overrides, seeds=None):
    """Returns the `Plan` of a comparison; nothing is read or written but data.

    Args:
        config: of all runs.
        overrides: dicts, dotted config key -> value; a list or a generator.
            They may hold `"seed"`.
        seeds: number of seeds from `config.seed` on; those of the overrides
            are ignored then. None: theirs, or else as many as
            `config.compare.looks` says.

    Raises:
        InputError: something does not fit, see `docs/experiments.md`.
    """
    rules = comparison_rules(config)
    overrides, looks = _with_seeds(config, list(overrides), seeds, rules.looks)
    base = plan(config, overrides)
    trainer = trainer_of(base[0].config)
    metric = _find_metric(trainer, base[0].config)
    grid = make_grid(rules.tune, trainer.rates)
    _check_not_swept(grid, overrides)
    numbers = tuple(dict.fromkeys(run.seed for run in base))
    variants = {run.variant: without_seed(run.overrides) for run in base}
    once = bool(rules.tune.once and grid[0])
    tuning = _tuning_seeds(rules.tune, numbers) if once else ()
    wanted = [(r.variant, r.seed) for r in base]
    wanted += [(variant, seed) for variant in variants for seed in tuning]
    runs = _runs(config, variants, wanted, grid, trainer.rates)
    varied = False
    if rules.vary_split:
        runs, varied = _with_own_splits(runs)
    design = Design(
        variants=variants,
        baseline=_find_baseline(variants, rules.baseline),
        metric=metric,
        least=_find_least(rules.least, metric),
        looks=looks,
        seeds=numbers,
        grid=grid,
        once=once,
        tuning_seeds=tuning,
        vary_split=varied,
    )
    return Plan(design, runs)


def comparison_rules(config):
    """Returns `config.compare` with the defaults of keys that it lacks."""
    rules = default.get_comparison()
    with rules.unlocked():
        rules.update(config.compare)
    return rules


def _with_seeds(config, overrides, seeds, looks):
    """Returns overrides that all hold a seed, and the looks."""
    if seeds is None and any(SEED in each for each in overrides):
        numbers = {plain(each.get(SEED, config.seed)) for each in overrides}
        return overrides, (len(numbers),)
    if seeds is not None:
        looks = (check_seeds(seeds),)
        overrides = unseeded(overrides)
    looks = check_looks(plain(looks)) or (1,)
    first = plain(config.seed)
    # Seeds change fastest, because their runs share a compiled model.
    return [
        {**each, SEED: seed}
        for each in overrides
        for seed in range(first, first + looks[-1])
    ], looks


def _find_metric(trainer, config):
    """Returns the `Metric` that `config.compare.metric` names."""
    known = {metric.name: metric for metric in trainer.metrics(config)}
    if not known:
        raise InputError(
            f"A config with {trainer.key!r} is not for "
            f"normzoo.trainers.compare. Use {trainer.script}."
        )
    check_name("compare.metric", config.compare.metric, known)
    metric = known[config.compare.metric]
    if metric.higher_is_better is None:
        raise InputError(
            f"compare.metric={metric.name!r} cannot be judged: neither a "
            "higher nor a lower value of it is better. Name another metric."
        )
    return metric


def _find_least(least, metric):
    if metric.name not in least:
        raise InputError(
            f"compare.least has no {metric.name!r}, the smallest difference in "
            f"it that counts. Set config.compare.least.{metric.name} in the "
            "config file, before the first run."
        )
    return float(least[metric.name])


def _find_baseline(variants, name):
    """Returns the variant that `name` means; the first one for `""`."""
    if name and name not in variants:
        raise InputError(
            f"Unknown baseline. Received: {name!r}. Expected one of: "
            f"{'; '.join(variants)}. Set --config.compare.baseline."
        )
    return name or next(iter(variants))


def _check_not_swept(grid, overrides):
    swept = {key for override in overrides for key in override}
    if both := sorted(swept & grid[0].keys()):
        raise InputError(
            f"compare.tune tunes what the sweep sets: {', '.join(both)}. "
            "Leave it out of one of them."
        )


def _tuning_seeds(tune, seeds):
    found = range(tune.first_seed, tune.first_seed + tune.seeds)
    if both := sorted(set(found) & set(seeds)):
        raise InputError(
            f"compare.tune.once tunes with {tune.seeds} seeds, starting at "
            f"compare.tune.first_seed={tune.first_seed}. The final runs must "
            f"have other seeds, but {both[0]} is one of theirs. Set another "
            "compare.tune.first_seed."
        )
    return tuple(found)


def _runs(config, variants, wanted, grid, rates):
    """Returns (variant, seed) -> `Run`s, for all that are wanted."""
    overrides = [
        {**variants[variant], **candidate, SEED: seed}
        for variant, seed in wanted
        for candidate in grid
    ]
    hidden = grid[0].keys() - set(shown(grid, rates))
    what = "compare.tune has a setting that"
    found = iter(plan(config, overrides, hidden=hidden, what=what))
    return {
        (variant, seed): tuple(
            next(found)._replace(variant=variant) for _ in grid
        )
        for variant, seed in wanted
    }


def _with_own_splits(runs):
    """Returns the runs with splits by their seeds, and whether there are."""
    varied = {
        key: tuple(map(with_own_split, candidates))
        for key, candidates in runs.items()
    }
    return varied, varied != runs
