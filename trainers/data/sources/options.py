"""What else is said about data."""

import os
from collections.abc import Sequence
from typing import NamedTuple


class Options(NamedTuple):
    """How data are to be read.

    Attributes:
        label: of a table, the name of the column with the labels, or a list of
            several; None: the last one.
        data_dir: of a TFDS set, the folder of the prepared sets; None: TFDS'
            own.
        most: as many examples are enough; None: all of them.
        unlabeled: names of outputs that need no labels.
    """

    label: str | Sequence[str] | None = None
    data_dir: str | os.PathLike | None = None
    most: int | None = None
    unlabeled: tuple[str, ...] = ()
