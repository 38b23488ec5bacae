"""The errors that are the user's to mend, and the exit codes of scripts."""

#: Of a run that ended early and goes on when it is started again: EX_TEMPFAIL
#: of sysexits.h.
EXIT_RESTART = 75


class InputError(ValueError):
    """A config, a data set or a folder that cannot be worked with.

    The scripts print its message alone and exit with code 2; its text says
    what came, what is allowed and how to mend it.
    """


class LostWorkerError(Exception):
    """Another process of the same run is gone, and this one cannot go on.

    The scripts print its message alone and exit with code 75.
    """
