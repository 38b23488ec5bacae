"""Labels that are texts, as numbers of classes."""

import numpy as np

from ...common.errors import InputError
from ..arrays import SPLITS


def numbered(arrays):
    """Returns arrays whose labels are numbers, whatever they were.

    Texts become the number of their class: its place among those of the
    training split, sorted.

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
    labels = {name: arrays.get(name) for name in map("y_{}".format, SPLITS)}
    labels = {k: v for k, v in labels.items() if v is not None}
    if labels["y_train"].dtype.kind != "U":
        return arrays
    classes = np.unique(labels["y_train"])
    for name, values in labels.items():
        unknown = np.setdiff1d(values, classes)
        if len(unknown):
            raise InputError(
                f"{name} has classes that y_train lacks: "
                f"{', '.join(map(repr, unknown[:5].tolist()))}. Expected: "
                f"{', '.join(map(repr, classes[:9].tolist()))}."
            )
    found = {k: np.searchsorted(classes, v) for k, v in labels.items()}
    return {**arrays, **found}
