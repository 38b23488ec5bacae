"""How much of a set of features lies in the neighborhood of another."""

import numpy as np

from ...common.errors import InputError


def precision_recall(real, fake, k=3):
    """Returns improved precision and recall.

    A set's manifold is the union of a ball around each of its samples, which
    reaches to the sample's k-th neighbor in the set. Precision is the share of
    made samples on the real manifold, recall the share of real samples on that
    of the generated ones.

    Args:
        real: features, `(samples, dimensions)`.
        fake: the same with other samples.
        k: which neighbor the balls reach to.

    Raises:
        InputError: a set has no k-th neighbors.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.gans.metrics.manifolds import precision_recall
    >>> x = np.arange(20.0)[:, None]
    >>> precision_recall(x, x[:10])  # half of it, and nothing else
    (1.0, 0.65)

    Reference: [Kynkaanniemi et al., 2019](https://arxiv.org/abs/1904.06991).
    """
    if min(len(real), len(fake)) <= k or k < 1:
        raise InputError(
            f"Precision and recall need more samples than neighbors. Received: "
            f"{len(real)} real and {len(fake)} generated ones, and "
            f"metrics.neighbors={k}."
        )
    return _share_on_manifold(fake, real, k), _share_on_manifold(real, fake, k)


def _share_on_manifold(samples, centers, k):
    # Slow to import, and few runs need it.
    from sklearn import metrics, neighbors

    search = neighbors.NearestNeighbors(n_neighbors=k).fit(centers)
    # Without arguments each center is no neighbor of its own.
    radii = search.kneighbors()[0][:, -1]
    chunks = metrics.pairwise_distances_chunked(
        samples, centers, reduce_func=lambda chunk, _: (chunk <= radii).any(1)
    )
    return float(np.concatenate(list(chunks)).mean())
