"""What else is said about data."""

from typing import NamedTuple


class Options(NamedTuple):
    """How data are to be read.

    Attributes:
        most: as many examples are enough; None: all of them.
    """

    most: int | None = None
