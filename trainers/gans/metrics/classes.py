"""How evenly what a generator makes is spread over classes or modes."""

import numpy as np
from scipy import spatial, special

#: The least share of a covered class, in its share of the real examples.
_COVERED = 0.1

#: A point belongs to a mode within as many standard deviations.
_REACH = 3


def class_balance(real_labels, fake_labels, num_classes):
    """Returns coverage and entropy of the made examples' classes.

    A class is covered if its share of the made examples is at least a tenth of
    its share of the real ones; coverage counts only classes that the real ones
    have. The entropy is that of the made examples' shares, in units of the
    logarithm of the number of classes: 1 is uniform.

    Args:
        real_labels: integers, `(samples,)`.
        fake_labels: the same of the made examples.
        num_classes: number of classes.

    Returns:
        A dict with `class_coverage` and `class_entropy`, both in [0, 1].

    Example:

    >>> from normzoo.trainers.gans.metrics.classes import class_balance
    >>> class_balance([0, 1, 2, 3], [0, 0, 1, 1], 4)
    {'class_coverage': 0.5, 'class_entropy': 0.5}
    """
    real, fake = (
        np.bincount(labels, minlength=num_classes) / len(labels)
        for labels in (real_labels, fake_labels)
    )
    covered = fake[real > 0] >= _COVERED * real[real > 0]
    entropy = special.entr(fake).sum() / np.log(num_classes)
    return {
        "class_coverage": float(covered.mean()),
        "class_entropy": float(entropy),
    }


def class_modes(labels, num_classes):
    """Returns how many classes are made, and how unevenly.

    Args:
        labels: classes of the made examples, integers `(samples,)`.
        num_classes: number of classes.

    Returns:
        A dict with `modes`, the number of classes that are made at least once,
        and `mode_kl`, the Kullback-Leibler divergence of their shares from
        uniform ones, in nats.

    Example:

    >>> from normzoo.trainers.gans.metrics.classes import class_modes
    >>> class_modes([0, 3, 3, 0], 4)
    {'modes': 2, 'mode_kl': 0.6931471805599453}

    Reference: [Metz et al., 2017](https://arxiv.org/abs/1611.02163), section
    3.3.1; [Lin et al., 2018](https://arxiv.org/abs/1712.04086).
    """
    shares = np.bincount(labels, minlength=num_classes) / len(labels)
    divergence = np.log(num_classes) - special.entr(shares).sum()
    return {
        "modes": int(np.count_nonzero(shares)),
        "mode_kl": float(divergence),
    }


def mode_counts(points, centers, deviation):
    """Returns how many modes of a mixture of Gaussians are found, and how well.

    A point is good within three standard deviations of the nearest center; a
    mode is found if one good point at least is its.

    Args:
        points: `(samples, dimensions)`.
        centers: of the modes, `(modes, dimensions)`.
        deviation: standard deviation of all modes, the same in all directions.

    Returns:
        A dict with `modes`, their number, and `good`, the share of good points.

    Reference: [Srivastava et al., 2017](https://arxiv.org/abs/1705.07761).
    """
    distances, nearest = spatial.cKDTree(centers).query(points)
    good = distances <= _REACH * deviation
    found = np.unique(nearest[good]).size
    return {"modes": int(found), "good": float(good.mean())}
