"""How the runs of a comparison train: together, or each by itself."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

ALONE = "alone"
#: What `config.compare.together` can name, besides `"auto"`.
MODES = ("stacked", "call_by_call", "side_by_side", ALONE)


class Choice(NamedTuple):
    """How runs of one structure train.

    Attributes:
        mode: one of `MODES`.
        reason: why, in a few words.
        most: how many of them fit into memory at once.
    """

    mode: str
    reason: str
    most: int = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Together:
    """What a trainer must offer to train runs of one structure together.

    Attributes:
        structure: function of a config that returns a hashable key, the same
            one for runs that can train together; None for a run that cannot.
        choose: function of such a config, of the number of its runs and of
            `config.compare.together` and, where this process will train them,
            of the `reuse.Models` that it keeps, that returns a `Choice`. It
            raises `InputError` if the mode that is named cannot be.
        begin: function of the configs, their workdirs, a folder for what the
            group needs meanwhile, the `Session` of the process, the mode, and
            an executor whose thread may compile a program ahead, or None. It
            returns a function that trains the group: that calls its argument
            `report` after each epoch with the share that is done, and returns
            number of a run -> result, of the runs that had none.
    """

    structure: Callable
    choose: Callable
    begin: Callable
