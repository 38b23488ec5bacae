"""Train and validation splits that are drawn again, by a seed.

How well a model does depends on the split, too. A comparison whose seeds draw
it needs fewer runs for the same certainty
([Bouthillier et al., 2021](https://arxiv.org/abs/2103.03098)).
"""

import functools

import numpy as np

from ..common.errors import InputError
from .decoding import decode
from .examples import Examples


# One split at a time: each is a copy of all examples but those of the test.
@functools.lru_cache(maxsize=1)
def drawn(seed, *arguments):
    """Returns the `Data` of `decode(*arguments)`, split again.

    The examples of train and validation are pooled and drawn again without
    replacement, as many for each split as before; see `draw`. The test split
    is the same array as before.

    Args:
        seed: 0 to 2**32 - 1.
        *arguments: those of `decode`.
    """
    data = decode(*arguments)
    labels = np.concatenate([data.train.labels, data.validation.labels])
    train, validation = (
        _taken(data, rows)
        for rows in draw(labels, len(data.train.labels), seed)
    )
    return data._replace(train=train, validation=validation)


def draw(labels, count, seed):
    """Draws `count` examples at random; the same ones wherever it is called.

    The draw is stratified: each class has its share of them, up to rounding.
    Where that cannot be, because a class has only one example or because the
    examples that are drawn, or the others, are fewer than the classes, all
    examples are drawn alike.

    Args:
        labels: int64 `(examples,)`.
        count: 1 to one less than the examples.
        seed: 0 to 2**32 - 1.

    Returns:
        The rows that are drawn and the others, both in ascending order.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.data import splitting
    >>> labels = np.array([0, 0, 0, 1, 1, 1])
    >>> train, validation = splitting.draw(labels, 4, seed=0)
    >>> np.bincount(labels[train]), np.bincount(labels[validation])
    (array([2, 2]), array([1, 1]))
    """
    # Imported here: it takes long, and most runs do not need it.
    from sklearn.model_selection import train_test_split

    others = len(labels) - count
    sizes = np.unique(labels, return_counts=True)[1]
    stratified = sizes.min() > 1 and len(sizes) <= min(count, others)
    rows = train_test_split(
        np.arange(len(labels)),
        train_size=count,
        test_size=others,
        random_state=seed,
        stratify=labels if stratified else None,
    )
    return tuple(np.sort(part) for part in rows)


def check_apart(builder, splits):
    """Raises `InputError` if splits share examples.

    An example that is in two of them, or in one of them twice, could be
    trained with and validated with once they are drawn again; and an example
    that is validated and tested with could be trained with.

    Args:
        builder: TFDS' of a prepared set.
        splits: `"train"`, `"validation"` and `"test"` -> TFDS' string.
    """
    parts = sorted(
        (part.filename, part.skip, part.skip + part.take, key)
        for key, split in splits.items()
        for part in builder.info.splits[split].file_instructions
    )
    last = None
    for part in parts:
        if last and part[0] == last[0] and part[1] < last[2]:
            _refuse(builder.name, splits, sorted({last[3], part[3]}))
        if not last or part[0] != last[0] or part[2] > last[2]:
            last = part


def _refuse(name, splits, keys):
    received = " and ".join(f"dataset.{k}_split={splits[k]!r}" for k in keys)
    raise InputError(
        f"Examples of {name!r} are in more than one split, or twice in one. "
        "When dataset.split_seed draws the splits again, they could be used "
        f"both for training and for validation. Received: {received}. Name "
        "splits that share no example, or set --config.dataset.split_seed=-1."
    )


def _taken(data, rows):
    """Returns the `Examples` in rows of train and validation together."""
    train, validation = data.train, data.validation
    cut = np.searchsorted(rows, len(train.labels))
    parts = rows[:cut], rows[cut:] - len(train.labels)
    return Examples(
        *(
            _gathered(arrays, parts)
            for arrays in zip(train.batch, validation.batch, strict=True)
        )
    )


def _gathered(arrays, parts):
    """Returns rows of several arrays in one, each copied once."""
    count = sum(map(len, parts))
    made = np.empty((count, *arrays[0].shape[1:]), arrays[0].dtype)
    start = 0
    for array, rows in zip(arrays, parts, strict=True):
        out = made[start : start + len(rows)]
        # All rows are there; NumPy would buffer `out` to check that.
        np.take(array, rows, axis=0, out=out, mode="clip")
        start += len(rows)
    return made
