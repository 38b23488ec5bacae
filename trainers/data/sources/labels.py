"""Labels that are texts, as numbers of classes."""

import numpy as np

from ...common.errors import InputError
from .. import nested
from ..arrays import SPLITS
from ..disk.pieces import pieces
from ..disk.piles import piecewise


def numbered(arrays):
    """Returns arrays whose labels are numbers, whatever they were.

    Texts become the number of their class: its place among those of the
    training split, sorted. Each of several outputs has its own classes.

    Args:
        arrays: as `arrays.check` takes them.

    Raises:
        InputError: another split has a class that the training split lacks.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.data.sources.labels import numbered
    >>> numbered({"y_train": np.array(["dog", "cat", "dog"])})
    {'y_train': array([1, 0, 1])}
    """
    classes = {
        entry: _classes(leaf)
        for entry, leaf in nested.named(arrays["y_train"], "")
        if leaf.dtype.kind == "U"
    }

    def number(leaf, name):
        _, slash, entry = name.partition("/")
        known = classes.get(slash + entry)
        if known is None:
            return leaf
        _check_known(leaf, known, name, "y_train" + slash + entry)
        return piecewise(lambda x: np.searchsorted(known, x), leaf, np.int64)

    names = [name for name in map("y_{}".format, SPLITS) if name in arrays]
    found = {
        name: nested.each_named(number, arrays[name], name) for name in names
    }
    return {**arrays, **found}


def _classes(labels):
    found = np.unique(labels[:0])
    for piece in pieces(labels):
        found = np.union1d(found, piece)
    return found


def _check_known(values, classes, name, train):
    unknown = np.setdiff1d(_classes(values), classes)
    if len(unknown):
        raise InputError(
            f"{name} has classes that {train} lacks: "
            f"{', '.join(map(repr, unknown[:5].tolist()))}. Expected: "
            f"{', '.join(map(repr, classes[:9].tolist()))}."
        )
