"""A claim look by look: measure, judge, go on where nothing is decided."""

from typing import NamedTuple

from ..looks import labeled
from .verdicts import UNDECIDED, decide


class Look(NamedTuple):
    """What was found after a number of seeds.

    Attributes:
        seeds: the number.
        judged: data set -> `Judgment`, of those that were undecided before.
    """

    seeds: int
    judged: dict


def conduct(looks, datasets, minimal, level, measure):
    """Judges data sets after each look; yields the `Look`s.

    Args:
        looks: increasing numbers of seeds.
        datasets: names. Those without a verdict alone go on to the next look.
        minimal, level: as of `decide`.
        measure: function of some data sets, the number of seeds and a label
            that trains what is needed, and returns data set -> the effects of
            so many seeds.
    """
    undecided = tuple(datasets)
    for label, seeds in labeled(looks):
        effects = measure(undecided, seeds, label)
        judged = {
            name: decide(effects[name], minimal, level) for name in undecided
        }
        yield Look(seeds, judged)
        undecided = tuple(
            name for name in undecided if judged[name].verdict == UNDECIDED
        )
        if not undecided:
            return
