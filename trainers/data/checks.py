"""Whether arrays can be trained with."""

import numpy as np

from ..common.errors import InputError


def check_examples(where, inputs, labels, num_classes):
    """Raises `InputError` unless a classifier can be trained on the arrays.

    Args:
        where: the data set and its split, for the message.
        inputs: `(examples, ...)`, of numbers.
        labels: `(examples, ...)`, of integers.
        num_classes: one more than the largest label there may be.
    """
    if inputs.dtype not in (np.uint8, np.float32):
        raise InputError(
            f"{where} has inputs of type {inputs.dtype}. Expected uint8 or "
            "float32."
        )
    if inputs.dtype == np.float32 and not np.isfinite(inputs).all():
        (first, *_) = np.argwhere(~np.isfinite(inputs))[0]
        raise InputError(
            f"{where} has inputs that are not finite, first in example "
            f"{first}. Mend the data set, or name another split."
        )
    lowest, highest = labels.min(), labels.max()
    if lowest < 0 or highest >= num_classes:
        raise InputError(
            f"{where} has labels from {lowest} to {highest}. Expected 0 to "
            f"{num_classes - 1}; -1 often means that a split has no labels. "
            "Name another split."
        )
