"""Labels that are texts, as numbers of classes."""

import numpy as np

from ...common.errors import InputError
from .. import nested
from ..arrays import SPLITS


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
        entry: np.unique(leaf)
        for entry, leaf in nested.named(arrays["y_train"], "")
        if leaf.dtype.kind == "U"
    }

    def number(leaf, name):
        _, slash, entry = name.partition("/")
        known = classes.get(slash + entry)
        if known is None:
            return leaf
        _check_known(leaf, known, name, "y_train" + slash + entry)
        return np.searchsorted(known, leaf)

    names = [name for name in map("y_{}".format, SPLITS) if name in arrays]
    found = {
        name: nested.each_named(number, arrays[name], name) for name in names
    }
    return {**arrays, **found}


def _check_known(values, classes, name, train):
    unknown = np.setdiff1d(values, classes)
    if len(unknown):
        raise InputError(
            f"{name} has classes that {train} lacks: "
            f"{', '.join(map(repr, unknown[:5].tolist()))}. Expected: "
            f"{', '.join(map(repr, classes[:9].tolist()))}."
        )
