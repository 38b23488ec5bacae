"""Whether arrays can be trained with."""

import numpy as np

from ..common.errors import InputError
from .scaling import seen

#: The share of an integer type's range that the largest value reaches at
#: least. Values of 8 bits in a type of 16 bits reach 1 / 257.
_LEAST = 1 / 256


def check_examples(where, inputs, labels, num_classes):
    """Raises `InputError` unless a classifier can be trained on the arrays.

    Args:
        where: the data set and its split, for the message.
        inputs: `(examples, ...)`, as `scaling.stored` makes them.
        labels: `(examples, ...)`, of integers.
        num_classes: one more than the largest label there may be.
    """
    if inputs.dtype == np.float32 and not np.isfinite(inputs).all():
        (first, *_) = np.argwhere(~np.isfinite(inputs))[0]
        raise InputError(
            f"{where} has inputs that are not finite in float32, first in "
            f"example {first}. Fix the data set, or name another split."
        )
    lowest, highest = labels.min(), labels.max()
    if lowest < 0 or highest >= num_classes:
        raise InputError(
            f"{where} has labels from {lowest} to {highest}. Expected 0 to "
            f"{num_classes - 1}; -1 often means that a split has no labels. "
            "Name another split."
        )


def check_signs(where, images, dtype):
    """Raises `InputError` if images of integers have negative pixels.

    Args:
        where: the data set and its split, for the message.
        images: as `scaling.stored` makes them.
        dtype: NumPy's, of the images as they are saved.
    """
    if dtype.kind == "i" and images.min() < 0:
        lowest = round(images.min() * float(np.iinfo(dtype).max))
        raise InputError(
            f"{where} has images of type {dtype.name} with values down to "
            f"{lowest}. Expected integers of at least 0, or floats."
        )


def check_range(where, inputs, dtype):
    """Raises `InputError` if integers are nearly 0 where models see them.

    They are divided by the largest value of their type, see `scaling`.

    Args:
        where: the data set and its split, for the message.
        inputs: as `scaling.stored` makes them.
        dtype: NumPy's, of the inputs as they are saved.
    """
    if dtype.kind not in "iu" or dtype.itemsize == 1:
        return
    ends = seen(np.array([inputs.min(), inputs.max()]))
    share = float(np.abs(ends).max())
    if share < _LEAST:
        largest = np.iinfo(dtype).max
        raise InputError(
            f"{where} has inputs of type {dtype.name}, which are divided by "
            f"{largest}, but reach only {round(share * largest)}: models would "
            "see almost nothing. Save them as a smaller type, uint8 for "
            "example, or as floats in [0, 1]."
        )
