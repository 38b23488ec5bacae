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
        most: how many of them at once; more make several groups.
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
        train: function of the configs, their workdirs, a folder for what the
            group needs meanwhile, the `Session` of the process and the mode.
            It returns number of a run -> result, of the runs that had none.
            After each epoch it calls `report` with the share that is done.
    """

    structure: Callable
    choose: Callable
    train: Callable
