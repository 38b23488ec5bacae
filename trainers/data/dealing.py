"""Fixed splits of a set whose examples come in one piece."""

import collections

SPLITS = ("train", "validation", "test")


def dealt(labels, deal, split):
    """Yields the numbers of a split's examples.

    The examples of each class are dealt out in turn, so that the splits are
    stratified by class.

    Args:
        labels: of all examples.
        deal: of as many consecutive examples of a class, where each one goes.
        split: one of `SPLITS`.

    Example:

    >>> from normzoo.trainers.data.dealing import dealt
    >>> list(dealt([0, 0, 1, 0, 1], ("train", "test"), "test"))
    [1, 4]
    """
    seen = collections.Counter()
    for i, label in enumerate(labels):
        if deal[seen[label] % len(deal)] == split:
            yield i
        seen[label] += 1
