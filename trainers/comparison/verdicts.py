"""From effects, one for each seed, to a verdict."""

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

from .statistics import CONFIDENCE, estimate

VERDICTS = ("supported", "refuted", "inconclusive")

_MOST_SEEDS = 1000


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

    >>> from normzoo.trainers.comparison.verdicts import decide
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


def seeds_needed(effects, minimal, power=0.9):
    """Returns how many seeds make a verdict that is not inconclusive likely.

    It is the least n of which Student's t interval leaves out `minimal` on the
    side of the mean with this probability,

        P(T > t(0.975, n-1)) >= power,

    for T of the noncentral t distribution with n-1 degrees of freedom and the
    noncentrality |mean - minimal| / s * sqrt(n).

    Args:
        effects: of which mean and standard deviation s are taken as those of
            all effects that could be found.
        minimal: as in `decide`.
        power: the probability.

    Returns:
        The number, or None if it is more than 1000 or there are fewer than two
        effects.

    Example:

    >>> from normzoo.trainers.comparison.verdicts import seeds_needed
    >>> seeds_needed([0.9, 1.1, 1.0, 1.2, 0.8], minimal=0.8)
    9
    """
    effects = np.asarray(list(effects), float)
    if effects.size < 2:
        return None
    distance, spread = abs(effects.mean() - minimal), effects.std(ddof=1)
    if not spread:
        return 2 if distance else None
    n = np.arange(2, _MOST_SEEDS + 1)
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)
    noncentrality = distance / spread * np.sqrt(n)
    likely = stats.nct.sf(quantile, n - 1, noncentrality) >= power
    return int(n[likely][0]) if likely.any() else None
