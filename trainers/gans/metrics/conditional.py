"""Whether a conditional generator makes the classes that it is asked for."""

import numpy as np

from ...common.errors import InputError
from .distances import frechet_distance


def class_frechet(real, fake, labels):
    """Returns the mean of the classes' Frechet distances.

    That of the real examples of a class and the made ones of the same class,
    which are as many. It is larger than the distance of all examples, and most
    of all where a class has few. Classes with less than two examples, which
    have no covariance, are left out.

    Args:
        real: features, `(samples, dimensions)`.
        fake: as many, of made examples.
        labels: the classes of the real examples, which the made ones were to
            have.

    Returns:
        A dict with `class_frechet` and `n_class`, the number of examples in the
        smallest class that was measured.

    Raises:
        InputError: no class has two examples.

    Reference: [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637).
    """
    measured = measured_classes(labels)
    distances = []
    for label in measured:
        rows = np.asarray(labels) == label
        distances.append(
            frechet_distance(real[rows], fake[rows], singular=True)
        )
    return {
        "class_frechet": float(np.mean(distances)),
        "n_class": min(measured.values()),
    }


def measured_classes(labels):
    """Returns class -> how many examples it has, of those with two or more.

    Raises:
        InputError: there are none.
    """
    classes, counts = np.unique(labels, return_counts=True)
    found = {
        int(label): int(count)
        for label, count in zip(classes, counts, strict=True)
        if count > 1
    }
    if not found:
        raise InputError(
            "The Frechet distance within classes needs a class with two "
            f"examples. Received: {len(labels)} examples of as many classes. "
            "Raise --config.metrics.samples, or name larger splits."
        )
    return found
