"""Shapes of which some sizes may be anything."""


def fits(shape, expected):
    """Returns whether a shape is as expected, where None is any size.

    Example:

    >>> from normzoo.trainers.own.shapes import fits
    >>> fits((32, 3), (None, 3)), fits((32,), (None, 3))
    (True, False)
    """
    return len(shape) == len(expected) and all(
        size in (None, got) for size, got in zip(expected, shape, strict=True)
    )
