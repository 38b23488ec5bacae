"""The error of a whole comparison, and what it asks of one interval.

Who compares four variants after 10, 20 and 40 seeds looks twelve times, and
each look may err. The error of all of them together, that any verdict is
wrong, is kept at 5 % by giving each a twelfth of it (Bonferroni). That holds
however the looks and variants depend on each other, and also if variants stop
early.
"""

import itertools
import numbers

from ..common.errors import InputError

#: The probability that any verdict of a comparison is wrong.
ERROR = 0.05


def family_level(variants, looks, error=ERROR):
    """Returns the level of each interval that keeps the family's error.

    It is 1 - error / (variants * looks).

    Args:
        variants: number of variants besides the baseline.
        looks: number of looks that are planned.
        error: of the whole family.

    Example:

    >>> from normzoo.trainers.comparison.looks import family_level
    >>> round(family_level(4, 3), 5)
    0.99583
    """
    return 1 - error / (max(variants, 1) * max(looks, 1))


def fewest_seeds(level):
    """Returns how many seeds an interval of a level needs at least.

    The least n with 2 / 2**n <= 1 - level: all n differences have one sign
    with a probability of 2 / 2**n if there is none in truth.

    Raises:
        ValueError: level is not in [0, 1).

    Example:

    >>> from normzoo.trainers.comparison.looks import fewest_seeds
    >>> fewest_seeds(0.95)
    6
    """
    if not 0 <= level < 1:
        raise ValueError(f"A level lies in [0, 1). Received: {level}.")
    n = 1
    while 2 / 2**n > 1 - level:
        n += 1
    return n


def check_looks(looks, key="compare.looks"):
    """Returns looks as a tuple of increasing positive integers.

    Args:
        looks: as `config.compare.looks` has them; `()` is off.
        key: of the config, for the message.

    Raises:
        InputError: they are something else.
    """
    looks = tuple(looks) if isinstance(looks, (list, tuple)) else looks
    fits = isinstance(looks, tuple) and all(map(_is_count, looks))
    if not fits or any(b <= a for a, b in itertools.pairwise(looks)):
        raise InputError(
            f"{key} must increase: positive whole numbers of seeds, such as "
            f"(10, 20, 40). Received: {looks}."
        )
    return tuple(map(int, looks))


def check_seeds(seeds):
    """Returns a number of seeds, that of `--seeds`, as an int of at least 1.

    Raises:
        InputError: it is something else.
    """
    if not _is_count(seeds):
        raise InputError(
            f"The number of seeds must be at least 1. Received: {seeds!r}."
        )
    return int(seeds)


def labeled(looks):
    """Yields of each look its label, "" for a single one, and its seeds."""
    for number, seeds in enumerate(looks, start=1):
        yield f"look {number}/{len(looks)}" if len(looks) > 1 else "", seeds


def level_said(level, variants, looks):
    """Returns a sentence on the level of each interval, and what it takes.

    Args:
        level: of each interval, see `family_level`.
        variants: number of what is judged at each look.
        looks: increasing numbers of seeds.
    """
    intervals, fewest = variants * len(looks), fewest_seeds(level)
    which = "The interval has a level of"
    if intervals > 1:
        which = (
            f"The {intervals} intervals together have a level of 95 %, so each "
            "has"
        )
    fewer = looks[-1] < fewest
    return (
        f"{which} {100 * level:.4g} %, which takes at least {fewest} seeds"
        f"{'; with fewer, all stay undecided' if fewer else ''}."
    )


def error_after(looks_taken, error=ERROR):
    """Returns the error of looks that were not planned together.

    If each was judged at `family_level(variants, 1, error)`, as if it were
    the only one, the probability that any verdict of any of them is wrong is
    at most looks_taken * error.

    Args:
        looks_taken: number of looks at the same runs, this one included.
        error: of one look.

    Returns:
        That bound, at most 1.

    Example:

    >>> from normzoo.trainers.comparison.looks import error_after
    >>> error_after(2)
    0.1
    """
    return min(looks_taken * error, 1.0)


def _is_count(number):
    # NumPy's whole numbers are Integral, too; True is, but is none.
    whole = isinstance(number, numbers.Integral)
    return whole and not isinstance(number, bool) and number > 0
