"""How far two shares of a few examples differ by chance."""

import math

#: Half the width of a normal distribution's interval of 95 %.
_DEVIATIONS = 1.96


def noise_of_shares(p, q, count):
    """Returns the sampling noise of the difference of two shares.

    1.96 sqrt((p (1 - p) + q (1 - q)) / count)

    Args:
        p, q: the shares, such as accuracies, in [0, 1].
        count: of the examples that each is a share of.

    Example:

    >>> from normzoo.trainers.common.noise import noise_of_shares
    >>> round(noise_of_shares(0.5, 0.5, 200), 3)
    0.098
    """
    return _DEVIATIONS * math.sqrt((p * (1 - p) + q * (1 - q)) / count)
