"""What a comparison does, as it stands before the first run."""

import dataclasses
from typing import Any, NamedTuple

from ..common.metric import Metric
from .looks import family_level
from .sweep import Run


@dataclasses.dataclass(frozen=True, kw_only=True)
class Design:
    """The design of a comparison: what counts, fixed before the first run.

    Attributes:
        variants: name -> overrides, dotted config key -> value, without seed
            and without what is tuned; in the order of the table.
        baseline: the name of the variant that the others are compared with.
        metric: the primary `Metric`, the one that is judged.
        least: the difference of it that counts.
        looks: increasing numbers of seeds after which verdicts are given;
            undecided variants alone go on to the next one. One number where
            the seeds are given.
        seeds: the seeds, `looks[-1]` of them in this order.
        grid: dicts of dotted key -> value to choose from, the same for each
            variant; `({},)` where nothing is tuned.
        once: whether each variant chooses once, by the tuning seeds, and not
            again with each seed.
        tuning_seeds: of `once`, none of `seeds`; else `()`.
        vary_split: whether the seed also draws the train and validation
            splits.
    """

    variants: dict[str, dict[str, Any]]
    baseline: str
    metric: Metric
    least: float
    looks: tuple[int, ...]
    seeds: tuple[int, ...]
    grid: tuple[dict[str, Any], ...] = ({},)
    once: bool = False
    tuning_seeds: tuple[int, ...] = ()
    vary_split: bool = False

    @property
    def tuned(self):
        """The dotted keys that are chosen from the grid.

        Of those that have the same value in each of its dicts, such as the
        learning rates of a GAN's players, it is the first.
        """
        columns = {
            key: [repr(point[key]) for point in self.grid]
            for key in reversed(self.grid[0])
        }
        first = {tuple(values): key for key, values in columns.items()}
        return tuple(key for key in self.grid[0] if key in first.values())

    @property
    def level(self):
        """The level of each interval that a verdict is taken from."""
        return family_level(len(self.variants) - 1, len(self.looks))


class Outcome(NamedTuple):
    """What one variant came to with one seed, tuning included.

    Attributes:
        variant: its name.
        seed: the seed.
        run: the `Run` that was chosen by the validation split.
        result: what it ended with, as `DONE` holds it.
        chosen: dotted key -> value that was chosen; `{}` if nothing is tuned.
        at_edge: those of `chosen` that are the smallest or largest number of
            the grid.
        seconds: of training, of all runs of this variant and seed that were
            chosen from.
    """

    variant: str
    seed: int
    run: Run
    result: dict[str, Any]
    chosen: dict[str, Any]
    at_edge: tuple[str, ...]
    seconds: float


class Look(NamedTuple):
    """What was found after a number of seeds.

    Attributes:
        seeds: the number.
        verdicts: variant -> verdict.
    """

    seeds: int
    verdicts: dict[str, str]


class Found(NamedTuple):
    """All that a comparison has trained and seen.

    Attributes:
        design: the `Design`.
        outcomes: `Outcome`s, by variant and seed.
        looks: the `Look`s in their order.
        changes: sentences on what was changed after a look, with the verdicts
            of before and after.
    """

    design: Design
    outcomes: tuple[Outcome, ...]
    looks: tuple[Look, ...]
    changes: tuple[str, ...] = ()
