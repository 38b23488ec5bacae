"""From effects, one for each seed, to a verdict on a sentence."""

import math

from ..intervals import interval
from ..judgment import Judgment, seeds_needed

SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "undecided"
#: Of one data set.
VERDICTS = (SUPPORTED, REFUTED, UNDECIDED)
#: Of a claim that is supported on one data set and refuted on another.
DEPENDS = "depends on the data"

# Effects that are equal on paper differ in their last digits: the differences
# of float32 accuracies, or of two logarithms of powers of ten, for example.
_ROUNDING = 1e-6


def decide(effects, minimal, level):
    """Returns the `Judgment` on "the effect is larger than `minimal`".

    With [low, high] the signed-rank interval of the effects:

    - supported: minimal < low, the whole interval lies above `minimal`;
    - refuted: high < minimal, the whole interval lies below it;
    - undecided: all else, and always if there are too few seeds for `level`.

    Where effects are distributed symmetrically about `minimal`, both verdicts
    together have a probability of at most 1 - level. An end counts as above or
    below only if it is so by more than a millionth, so that rounding decides
    nothing.

    Args:
        effects: the effect of each seed, positive in the sentence's direction.
        minimal: the smallest effect that counts, fixed before the experiment.
        level: of the interval, `looks.family_level` of the number of data sets
            and of looks.

    Raises:
        ValueError: an effect is not finite.

    Example:

    >>> from normzoo.trainers.comparison.claims.verdicts import decide
    >>> decide([0.9, 1.1, 1.0, 1.2, 0.8, 1.0], 0.5, level=0.95).verdict
    'supported'
    """
    effects = list(effects)
    if not all(map(math.isfinite, effects)):
        raise ValueError(f"Effects must be finite. Received: {effects}.")
    shown = interval(effects, level)
    verdict = UNDECIDED
    if shown.level >= level:
        verdict = _verdict(shown, minimal)
    needed = None
    if verdict == UNDECIDED:
        shifted = shown._replace(
            **{key: getattr(shown, key) - minimal for key in _NUMBERS}
        )
        # With nothing that counts as equal, being on one side of 0 is left.
        needed = seeds_needed(shifted, len(effects), 0.0, level)
    return Judgment(shown, verdict, len(effects), needed)


_NUMBERS = ("center", "low", "high")


def _verdict(shown, minimal):
    rounding = _ROUNDING * max(1.0, abs(minimal))
    if shown.low > minimal + rounding:
        return SUPPORTED
    if shown.high < minimal - rounding:
        return REFUTED
    return UNDECIDED


def overall(verdicts):
    """Returns the verdict on a claim from those on its data sets.

    The same on all of them is that; supported on one and refuted on another
    is "depends on the data"; all else is undecided.

    Args:
        verdicts: of the data sets, an iterable of `VERDICTS`.

    Example:

    >>> from normzoo.trainers.comparison.claims.verdicts import overall
    >>> overall(["supported", "refuted"])
    'depends on the data'
    """
    found = set(verdicts)
    if {SUPPORTED, REFUTED} <= found:
        return DEPENDS
    return found.pop() if len(found) == 1 else UNDECIDED
