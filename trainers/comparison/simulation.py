"""Simulates whole comparisons, to see how often their verdicts are wrong.

    python -m normzoo.trainers.comparison.simulation --trials=2000 --seed=0

prints the tables of `docs/verdicts.md`. A trial is a comparison of four
variants with a baseline, by the rules and the code that judge real runs: each
seed chooses from its grid by validation, verdicts are given after 10, 20 and
40 seeds, and only undecided variants go on.
"""

import argparse
import dataclasses
from typing import NamedTuple

import numpy as np

from .intervals import array_differences, center_and_ends, skipped_averages
from .judgment import ROUNDING, VERDICTS, verdicts
from .looks import family_level, fewest_seeds

VARIANTS = 4  # besides the baseline
LOOKS = (10, 20, 40)
LEAST = 0.005  # of an accuracy
LEVEL = family_level(VARIANTS, len(LOOKS))

#: Of one run's test accuracy, of what a seed does to all variants, and of
#: the validation split: a standard deviation.
SPREAD = LEAST

#: What a learning rate of the grid costs in accuracy.
GRID = (-LEAST, 0.0, -LEAST)

#: Of a run's accuracy, with mean 0 and, but for the last two, standard
#: deviation 1.
NOISES = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "heavy": lambda rng, shape: rng.standard_t(3, shape) / np.sqrt(3),
    "skewed": lambda rng, shape: 1 - rng.standard_exponential(shape),
    "wild": lambda rng, shape: 2 * NOISES["skewed"](rng, shape),
    # Less what is the median of the Walsh averages of wild - normal.
    "centered": lambda rng, shape: NOISES["wild"](rng, shape) - WILD_CENTER,
}
WILD_CENTER = 0.2328

_BETTER, _WORSE, _EQUAL, _UNDECIDED = range(len(VERDICTS))
_CHUNK = 500  # trials at a time, for the memory's sake


@dataclasses.dataclass(frozen=True, kw_only=True)
class World:
    """How runs vary.

    Attributes:
        title: of its row.
        noise: a key of `NOISES`.
        examples: of the test and the validation split: accuracies are
            multiples of 1 / examples; None for any number.
        tuned: whether each variant and seed chooses from `GRID`.
        failures: share of all runs that diverge.
        other: the noise of all but the baseline, if it is another one.
        level: of each interval.
    """

    title: str
    noise: str = "normal"
    examples: int | None = None
    tuned: bool = False
    failures: float = 0.0
    other: str | None = None
    level: float = LEVEL


class Summary(NamedTuple):
    """What many trials came to.

    Attributes:
        wrong: share of trials with any verdict that is wrong.
        right: share of variants with the right verdict.
        seeds: mean number of seeds a variant took.
    """

    wrong: float
    right: float
    seeds: float


def worlds():
    """Returns all that are simulated: each noise in each procedure."""
    noises = (
        ("normal", {}),
        ("heavy-tailed (t, 3 degrees of freedom)", {"noise": "heavy"}),
        ("skewed (exponential)", {"noise": "skewed"}),
        ("tied (360 test examples)", {"examples": 360}),
        ("tied (180 test examples)", {"examples": 180}),
    )
    procedures = (
        ("", {}),
        (", tuned", {"tuned": True}),
        (", 10 % diverge", {"failures": 0.1}),
        (", tuned, 30 % diverge", {"tuned": True, "failures": 0.3}),
    )
    return [
        World(title=noise + procedure, **kind, **rule)
        for procedure, rule in procedures
        for noise, kind in noises
    ]


def limits():
    """Returns what the rule does not promise, or what it prevents."""
    return [
        World(title="normal, but each interval at 95 %", level=0.95),
        World(
            title="variants skewed and twice as wide, equal centers",
            other="centered",
        ),
        World(title="the same, equal means", other="wild"),
    ]


def accuracies(world, difference, trials, rng):
    """Returns test accuracies of the chosen runs; NaN where they diverged.

    Args:
        world: a `World`.
        difference: what each variant's accuracy exceeds the baseline's by.
        trials: their number.
        rng: NumPy's generator.

    Returns:
        An array (trials, 1 + VARIANTS, seeds), the baseline first.
    """
    rates = np.array(GRID if world.tuned else (0.0,))
    seeds = LOOKS[-1]
    shape = (trials, 1 + VARIANTS, seeds, rates.size)
    noise = NOISES[world.noise]
    truth = 0.9 + rates + np.full((1 + VARIANTS, 1, 1), difference)
    truth[0] -= difference
    shared = noise(rng, (trials, 1, seeds, 1))
    own = noise(rng, shape)
    if world.other:
        own[:, 1:] = NOISES[world.other](rng, own[:, 1:].shape)
    test = truth + SPREAD * (shared + own)
    validation = test + SPREAD * rng.standard_normal(shape)
    if world.examples:
        test, validation = (
            np.round(x * world.examples) / world.examples
            for x in (test, validation)
        )
    failed = rng.random(shape) < world.failures
    validation = np.where(failed, -np.inf, validation)
    chosen = validation.argmax(-1, keepdims=True)
    test = np.where(failed, np.nan, test)
    return np.take_along_axis(test, chosen, -1)[..., 0]


def compare(values, level=LEVEL):
    """Returns the verdicts of many trials, and how many seeds they took.

    Args:
        values: as `accuracies` returns them.
        level: of each interval.

    Returns:
        Two arrays (trials, VARIANTS): places in `VERDICTS`, and seeds.
    """
    found = np.full((values.shape[0], VARIANTS), _UNDECIDED)
    seeds = np.full(found.shape, LOOKS[-1])
    differences = array_differences(values[:, 1:], values[:, :1], True)
    for look in LOOKS:
        active = found == _UNDECIDED
        skipped, attained = skipped_averages(look, level)
        if attained < level:
            continue
        _, low, high = center_and_ends(differences[active][:, :look], skipped)
        # The largest accuracy is 1.
        found[active] = verdicts(low, high, LEAST, True, ROUNDING)
        seeds[active & (found != _UNDECIDED)] = look
    return found, seeds


def simulate(world, difference, trials, rng):
    """Returns the `Summary` of trials in which all variants have one truth.

    Wrong is, without a difference: better or worse; with one of `LEAST` or
    more: practically equal or worse. Undecided is neither right nor wrong.
    """
    parts = []
    for start in range(0, trials, _CHUNK):
        count = min(_CHUNK, trials - start)
        values = accuracies(world, difference, count, rng)
        parts.append(compare(values, world.level))
    found, seeds = (np.concatenate(part) for part in zip(*parts, strict=True))
    right = _BETTER if difference else _EQUAL
    wrong = (found != right) & (found != _UNDECIDED)
    return Summary(
        wrong.any(1).mean().item(),
        (found == right).mean().item(),
        seeds.mean().item(),
    )


def table(rows, trials, seed):
    """Yields the lines of a table of worlds.

    Args:
        rows: `World`s.
        trials: of each cell.
        seed: of the random numbers.
    """
    yield (
        "| runs vary | wrong, no difference | wrong, difference = least "
        "| right, none | right, 2 x least | right, 4 x least "
        "| seeds, none | seeds, 2 x | seeds, 4 x |"
    )
    yield "| --- " * 9 + "|"
    for world in rows:
        yield table_row(world, trials, seed)


def table_row(world, trials, seed):
    """Returns the line of one world; it depends on no other line."""
    none, least, twice, four = (
        simulate(
            world, times * LEAST, trials, np.random.default_rng((seed, times))
        )
        for times in (0, 1, 2, 4)
    )
    wrong = f"{none.wrong:.1%} | {least.wrong:.1%}"
    right = " | ".join(f"{x.right:.0%}" for x in (none, twice, four))
    seeds = " | ".join(f"{x.seeds:.0f}" for x in (none, twice, four))
    cells = f"{wrong} | {right} | {seeds}".replace("%", " %")
    return f"| {world.title} | {cells} |"


def seeds_table(variants=range(1, 10), looks=(1, 2, 3)):
    """Yields the lines of the table of the fewest seeds that can decide."""
    names = [f"{n} look{'s' * (n > 1)}" for n in looks]
    yield f"| variants besides the baseline | {' | '.join(names)} |"
    yield "| --- " * (1 + len(names)) + "|"
    for count in variants:
        fewest = [str(fewest_seeds(family_level(count, n))) for n in looks]
        yield f"| {count} | {' | '.join(fewest)} |"


def failures_table(families=((1, 1), (4, 1), (4, 3)), seeds=(10, 20, 40)):
    """Yields the lines of the table of failures that an end bears."""
    yield f"| variants, looks | {' | '.join(f'{n} seeds' for n in seeds)} |"
    yield "| --- " * (1 + len(seeds)) + "|"
    for variants, looks in families:
        level = family_level(variants, looks)
        most = [str(most_failures(n, level)) for n in seeds]
        yield f"| {variants}, {looks} | {' | '.join(most)} |"


def most_failures(seeds, level):
    """Returns how many runs may diverge until an end is infinite."""
    skipped, _ = skipped_averages(seeds, level)
    # The averages of a failure and any run are infinite.
    return max(
        f for f in range(seeds) if f * (seeds - f) + f * (f + 1) // 2 <= skipped
    )


def main():
    """Prints all tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.trials < 1 or given.seed < 0:
        parser.error("--trials must be positive, and --seed not negative.")
    tables = [
        table(worlds(), given.trials, given.seed),
        table(limits(), given.trials, given.seed),
        seeds_table(),
        failures_table(),
    ]
    for lines in tables:
        for line in lines:
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
