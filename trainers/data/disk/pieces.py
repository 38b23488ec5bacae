"""Arrays piece by piece, and whether memory has room for them."""

from ...common.memory import free_bytes

#: What is read at a time, about.
BYTES = 2**25
#: The part of the free memory that data may fill. A run holds up to four
#: copies: what is read, two drawn splits, and tensors of one.
_SHARE = 0.2


def fits(size):
    """Returns whether data of so many bytes are kept in memory."""
    return size <= _SHARE * free_bytes()


def pieces(array):
    """Yields an array in pieces of some megabytes, one behind the other.

    Args:
        array: `(examples, ...)`, with one example at least.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.data.disk.pieces import pieces
    >>> [len(piece) for piece in pieces(np.zeros((5, 2**24), "uint8"))]
    [2, 2, 1]
    """
    rows = max(BYTES * len(array) // max(array.nbytes, 1), 1)
    for start in range(0, len(array), rows):
        yield array[start : start + rows]
