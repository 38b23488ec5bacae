"""From a claim's config and sweep to its design and its runs."""

import dataclasses
import textwrap
from typing import Any

from ...common.errors import InputError
from ...common.structures import flatten, plain
from ...run.together import ALONE
from .. import sweep
from ..looks import check_looks, check_seeds, family_level, level_said
from ..procedure.splits import with_own_split
from ..sweep import SEED, Run

#: The key that `config.claim.datasets` sweeps.
DATASET = "dataset.name"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClaimDesign:
    """The experiment of a claim, as it stands before the first run.

    Attributes:
        claim: `config.claim`.
        minimal: the effect that counts is larger than that.
        datasets: names of the data sets, each judged by itself.
        looks: increasing numbers of seeds after which verdicts are given; data
            sets without one alone go on to the next.
        seeds: the seeds, `looks[-1]` of them in this order.
        runs: (data set, seed) -> its `Run`s, in the order of the sweep.
        vary_split: whether the seed also draws the train and validation
            splits.
    """

    claim: Any
    minimal: float
    datasets: tuple[str, ...]
    looks: tuple[int, ...]
    seeds: tuple[int, ...]
    runs: dict[tuple[str, int], tuple[Run, ...]]
    vary_split: bool

    @property
    def level(self):
        """The level of each interval that a verdict is taken from."""
        return family_level(len(self.datasets), len(self.looks))

    @property
    def counts(self):
        """What counts, as `plan.json` holds it."""
        found = self.runs[self.datasets[0], self.seeds[0]]
        return {
            "measured": self.claim.measured,
            "minimal": self.minimal,
            "looks": self.looks,
            "seeds": self.seeds,
            "datasets": self.datasets,
            "variants": dict(map(_variant, found)),
            "vary_split": self.vary_split,
        }

    def runs_of(self, datasets, seeds):
        """Returns the runs of some data sets with some seeds.

        Seeds change fastest, because their runs share a compiled model.
        """
        return [
            run
            for dataset in datasets
            for of_seeds in zip(
                *(self.runs[dataset, seed] for seed in seeds), strict=True
            )
            for run in of_seeds
        ]

    @property
    def every_run(self):
        """All runs that there may be."""
        return self.runs_of(self.datasets, self.seeds)


def make_design(config, module, seeds=None, quick=False):
    """Returns the `ClaimDesign` of a claim; nothing is read or written.

    Args:
        config: `ConfigDict` with `claim`, see `configs/claims/__init__.py`.
        module: has `sweep()`.
        seeds: number of seeds from `claim.first_seed` on, judged once; None:
            as many as `claim.looks` says.
        quick: whether it is one seed on one data set for a moment.

    Raises:
        InputError: something in them does not fit.
    """
    config = config.copy_and_resolve_references()
    with config.unlocked():
        claim = config.claim
        del config.claim  # The runs do not depend on it.
        if quick:
            config.update(claim.quick)
    looks = _looks(claim, seeds)
    settings, datasets = sweep.overrides_of(module), tuple(claim.datasets)
    if quick:
        datasets, looks = datasets[:1], (1,)
        settings = _quick(settings, claim)
    if claim.alone:
        config.compare.together = ALONE
    first = plain(claim.first_seed)
    numbers = tuple(range(first, first + looks[-1]))
    runs, varied = _runs(config, settings, datasets, numbers)
    return ClaimDesign(
        claim=claim,
        minimal=float(claim.minimal),
        datasets=datasets,
        looks=looks,
        seeds=numbers,
        runs=runs,
        vary_split=varied,
    )


def _looks(claim, seeds):
    if "seeds" in claim:
        raise InputError(
            "config.claim.seeds is no longer a key of a claim. Set "
            "config.claim.looks, such as (10, 20), or give --seeds."
        )
    if seeds is None:
        looks = check_looks(plain(claim.looks), "claim.looks")
        if not looks:
            raise InputError(
                "claim.looks must hold a number of seeds, such as (10, 20). "
                "Received: ()."
            )
        return looks
    return (check_seeds(seeds),)


def _runs(config, settings, datasets, seeds):
    """Returns (data set, seed) -> runs, and whether splits vary."""
    places = [(dataset, seed) for dataset in datasets for seed in seeds]
    overrides = [
        {DATASET: dataset, **values, SEED: seed}
        for dataset, seed in places
        for values in settings
    ]
    planned = iter(sweep.plan(config, overrides))
    runs = {at: tuple(next(planned) for _ in settings) for at in places}
    if not config.compare.vary_split:
        return runs, False
    own = {k: tuple(map(with_own_split, found)) for k, found in runs.items()}
    return own, own != runs


def _quick(settings, claim):
    """Returns what is left of a sweep, without what `claim.quick` says.

    Runs without a key of `claim.quick_only` stay.
    """
    said = flatten(claim.quick.to_dict())
    swept = {key for each in settings for key in each}
    if unknown := sorted({key for key, _ in claim.quick_only} - swept):
        raise InputError(
            f"claim.quick_only names what the sweep does not set: {unknown}. "
            f"Expected some of {sorted(swept)}."
        )
    return [
        {key: value for key, value in each.items() if key not in said}
        for each in settings
        if all(each.get(k, v[0]) in v for k, v in claim.quick_only)
    ]


def _variant(run):
    """Returns the name of a run's settings, and its overrides."""
    values = {
        key: value
        for key, value in run.overrides.items()
        if key not in (DATASET, SEED)
    }
    name = ", ".join(
        f"{key.rpartition('.')[2]}={getattr(value, 'name', value)}"
        for key, value in values.items()
    )
    return name or "all", values


def said(design):
    """Returns a text on the looks and the level of a `ClaimDesign`."""
    looks = ", ".join(map(str, design.looks))
    seeds = "seed" if design.looks == (1,) else "seeds"
    lines = [
        f"Judged on {', '.join(design.datasets)} after {looks} {seeds}; an "
        f"effect counts above {design.minimal:g}.",
        level_said(design.level, len(design.datasets), design.looks),
    ]
    return "\n".join(textwrap.fill(line, 80) for line in lines)
