"""From effects, one for each seed, to a verdict."""

import math
from typing import NamedTuple

from .statistics import estimate

VERDICTS = ("supported", "refuted", "inconclusive")


class Verdict(NamedTuple):
    """What an experiment says about a sentence.

    Attributes:
        verdict: one of `VERDICTS`.
        effect: mean of the effects over the seeds; NaN without effects.
        low, high: ends of its 95 % t interval; NaN for fewer than two seeds.
        seeds: number of effects.
    """

    verdict: str
    effect: float
    low: float
    high: float
    seeds: int


def decide(effects, minimal):
    """Returns the `Verdict` on "the effect is larger than `minimal`".

    - supported: the whole interval lies above `minimal`;
    - refuted: the whole interval lies below it;
    - inconclusive: it lies on both sides, or there are fewer than two seeds.

    Where the effect is not larger than `minimal`, 2.5 % of experiments with
    normally distributed effects end as supported.

    Args:
        effects: the effect of each seed, positive in the sentence's direction.
        minimal: the smallest effect that counts, fixed before the experiment.

    Raises:
        ValueError: an effect is not finite.

    Example:

    >>> from normzoo.trainers.verdicts import decide
    >>> decide([0.9, 1.1, 1.0], minimal=0.5).verdict
    'supported'
    """
    effects = list(effects)
    if not all(map(math.isfinite, effects)):
        raise ValueError(f"Effects must be finite. Received: {effects}.")
    mean, half_width = estimate(effects)
    low, high = mean - half_width, mean + half_width
    verdict = "inconclusive"
    if low > minimal:
        verdict = "supported"
    elif high < minimal:
        verdict = "refuted"
    return Verdict(verdict, mean, low, high, len(effects))
