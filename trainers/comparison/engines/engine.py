"""What trains the groups of a comparison, whatever machines these are on."""

import contextlib
import pathlib
from typing import NamedTuple

from ...run.reuse import UNSHARED


class Work(NamedTuple):
    """What an engine must know besides the groups.

    Attributes:
        workdir: folder that holds one folder per run.
        config_file: path of the config file, `FILE:ARGUMENT` where it takes
            one; other processes run it, too, because it may register norms
            and models. Or None.
        norms: what `own.norms.registered_in` has found, which they register.
    """

    workdir: pathlib.Path
    config_file: str | None = None
    norms: dict = {}  # noqa: RUF012


class Engine:
    """Trains groups, in one or more steps.

    A context manager: its processes, and the models that runs share, last from
    one step to the next. They are made for the first step.

    Attributes:
        work: the `Work`, once `begin` was called.
        models: the `reuse.Models` of this process, if this one trains.
    """

    #: Where other processes train, which must be able to import what is the
    #: user's own: what can be done if they cannot. It ends a message.
    instead = ""

    models = UNSHARED

    def __init__(self):
        self.work = None
        self._stack = contextlib.ExitStack()

    def begin(self, work):
        """Takes the `Work`; returns the engine, a context."""
        self.work = work
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    def slots(self):
        """Returns how many groups train at the same time."""
        raise NotImplementedError

    def has_room(self):
        """Whether a processor of this machine waits while groups train."""
        return False

    def train(self, groups, shown):
        """Trains groups; yields lists of pairs of a run's name and its result.

        When a pair is yielded, the run's folder is in the workdir.

        Args:
            groups: list of `Group`s.
            shown: the `runner.Shown`, where it is said what is being done.

        Raises:
            signals.Interrupted: one of the processes was told to end.
            LostWorkerError: one of them is gone, and cannot be replaced.
        """
        raise NotImplementedError

    def interrupt(self):
        """Tells all other processes to save and to end.

        It is called in a thread, when this one is told the same.
        """
