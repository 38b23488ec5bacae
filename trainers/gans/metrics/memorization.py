"""Whether a generator repeats its training examples."""

import numpy as np


def memorization(made, held_out, training):
    """Returns how often a made example is nearer to training than a real one.

    With the distance of features to the nearest training example, it is the
    probability that a made example's is less than that of a real example which
    nothing was trained with, ties counted as half: Mann and Whitney's
    statistic as a share. 0.5: made examples are as far from the training
    examples as new ones are; 1: they are copies. A generator whose examples are
    far from all real ones is near 0.

    Args:
        made, held_out: features, `(samples, dimensions)`.
        training: an iterable of arrays of them.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.gans.metrics.memorization import memorization
    >>> training, new, other = np.random.default_rng(0).normal(size=(3, 99, 4))
    >>> memorization(training[:50], new, [training])
    1.0
    >>> bool(0.4 < memorization(other, new, [training]) < 0.6)
    True

    Reference: [Meehan et al., 2020](https://arxiv.org/abs/2004.05675).
    """
    # Slow to import, and only the end of a run needs it.
    from scipy import stats
    from sklearn import metrics

    samples = np.concatenate([made, held_out])
    nearest = np.full(len(samples), np.inf)
    for features in training:
        _, found = metrics.pairwise_distances_argmin_min(samples, features)
        nearest = np.minimum(nearest, found)
    of_made, of_held_out = np.split(nearest, [len(made)])
    above = stats.mannwhitneyu(of_made, of_held_out).statistic
    return float(1 - above / (len(made) * len(held_out)))
