"""The kernel distance of two sets of feature vectors, and how sure it is."""

import numpy as np

from ...common.errors import InputError

#: Resamples of the bootstrap, and the normal distribution's 97.5 % quantile.
_RESAMPLES, _QUANTILE = 200, 1.959964

#: Rows of the kernel matrix in memory at once.
_ROWS = 1024


def kernel_distance(real, fake):
    """Returns the unbiased squared kernel distance of two sets of features.

    The mean of k within each set, without the pairs of a sample with itself,
    minus twice the mean of k between the sets; k(x, y) = (x y / d + 1)^3. For
    samples of one distribution its expectation is 0, at any number of them.

    Args:
        real: `(samples, dimensions)`.
        fake: the same with other samples.

    Raises:
        InputError: a set has fewer than two samples.

    Reference: [Binkowski et al., 2018](https://arxiv.org/abs/1801.01401).
    """
    real, fake = _checked(real, fake)
    weights = np.ones((1, len(real))), np.ones((1, len(fake)))
    return float(_distances(real, fake, *weights)[0])


def kernel_interval(real, fake, seed=0):
    """Returns the kernel distance and its 95 % interval by the bootstrap.

    Both sets are resampled with replacement, 200 times. A pair of two copies of
    one sample is left out, as the pair of a sample with itself is: with it, the
    distances of the resamples would be too large. The interval is the distance
    of all samples, plus and minus 1.96 standard deviations of those distances.

    Args:
        real, fake: as of `kernel_distance`.
        seed: of the resamples.

    Returns:
        A dict with `kernel`, `kernel_low` and `kernel_high`.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.gans.metrics.kernel import kernel_interval
    >>> x, y = np.random.default_rng(0).normal(size=(2, 200, 4))
    >>> found = kernel_interval(x, y + 1)
    >>> 0 < found["kernel_low"] < found["kernel"] < found["kernel_high"]
    True
    """
    real, fake = _checked(real, fake)
    rng = np.random.default_rng(seed)
    weights = [_weights(rng, len(x)) for x in (real, fake)]
    first, *others = _distances(real, fake, *weights)
    reach = _QUANTILE * np.std(others, ddof=1)
    return {
        "kernel": float(first),
        "kernel_low": float(first - reach),
        "kernel_high": float(first + reach),
    }


def _checked(real, fake):
    real, fake = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    if min(len(real), len(fake)) < 2:
        raise InputError(
            "A kernel distance needs at least two samples of each. Received: "
            f"{len(real)} real and {len(fake)} generated ones."
        )
    return real, fake


def _weights(rng, count):
    """Returns how often each sample is there: once, then in each resample."""
    even = np.full(count, 1 / count)
    return np.vstack([np.ones(count), rng.multinomial(count, even, _RESAMPLES)])


def _distances(real, fake, of_real, of_fake):
    """Returns the distance for each row of weights."""
    between = _weighted_sum(real, fake, of_real, of_fake)
    between /= of_real.sum(1) * of_fake.sum(1)
    return _within(real, of_real) + _within(fake, of_fake) - 2 * between


def _within(x, weights):
    """Returns the mean of k over the pairs of different samples."""
    squares = np.square(weights)
    alone = _kernel(np.square(x).sum(1), x.shape[1])
    total = _weighted_sum(x, x, weights, weights) - squares @ alone
    return total / (weights.sum(1) ** 2 - squares.sum(1))


def _weighted_sum(x, y, left, right):
    """Returns the sum of left_i k(x_i, y_j) right_j, for each row of both."""
    total = np.zeros(len(left))
    for start in range(0, len(x), _ROWS):
        rows = slice(start, start + _ROWS)
        kernel = _kernel(x[rows] @ y.T, x.shape[1])
        total += ((left[:, rows] @ kernel) * right).sum(1)
    return total


def _kernel(products, dimensions):
    return (products / dimensions + 1) ** 3
