"""Whether a conditional generator makes the classes that it is asked for."""

import numpy as np

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

    Reference: [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637).
    """
    labels = np.asarray(labels)
    classes, counts = np.unique(labels, return_counts=True)
    distances = [
        frechet_distance(
            real[labels == label], fake[labels == label], singular=True
        )
        for label in classes[counts > 1]
    ]
    return {
        "class_frechet": float(np.mean(distances)),
        "n_class": int(counts[counts > 1].min()),
    }
