"""The Frechet distance of two sets of feature vectors."""

import numpy as np
from scipy import linalg

from ...common.errors import InputError


def frechet_distance(real, fake, singular=False):
    """Returns the squared Frechet distance of two Gaussians fitted to features.

        |m - n|^2 + trace(C + D - 2 (C D)^(1/2))

    with means m, n and unbiased covariances C, D, in float64. It falls with
    the number of samples: compare equal numbers only.

    Args:
        real: `(samples, dimensions)`.
        fake: the same with other samples.
        singular: whether covariances may be singular.

    Raises:
        InputError: a set has no more samples than dimensions, so that its
            covariance is singular.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.gans.metrics.distances import frechet_distance
    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> round(frechet_distance(x, x + [3.0, 4.0]), 6)
    25.0

    Reference: [Heusel et al., 2017](https://arxiv.org/abs/1706.08500).
    """
    real, fake = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    for name, features in (("real", real), ("made", fake)):
        if not singular:
            _check_enough(name, features)
    offset = real.mean(0) - fake.mean(0)
    of_real, of_fake = (np.atleast_2d(np.cov(x.T)) for x in (real, fake))
    root = _root(of_real)
    # sqrt(C D) has the trace of sqrt(sqrt(C) D sqrt(C)), which is symmetric.
    shared = linalg.eigvalsh(root @ of_fake @ root)
    traces = np.trace(of_real) + np.trace(of_fake)
    traces -= 2 * np.sqrt(np.maximum(shared, 0)).sum()
    return float(offset @ offset + traces)


def _check_enough(name, features):
    samples, dimensions = features.shape
    if samples <= dimensions:
        raise InputError(
            f"Too few {name} samples for a covariance of {dimensions} "
            f"features. Received: {samples}. Expected at least "
            f"{dimensions + 1}: raise --config.metrics.samples, name a larger "
            "split with --config.metrics.split, or lower "
            "--config.metrics.feature_units."
        )


def _root(covariance):
    values, vectors = linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
