"""The errors that users can fix, and the exit codes of scripts."""

import contextlib

#: Of a run that ended early and goes on when it is started again: EX_TEMPFAIL
#: of sysexits.h, "try again".
EXIT_RESTART = 75


class InputError(ValueError):
    """A config, a data set or a folder that cannot be worked with.

    The scripts print its message alone and exit with code 2; its text says
    what came, what is allowed and how to fix it.
    """


class LostWorkerError(Exception):
    """Another process of the same run is gone, and this one cannot go on.

    The scripts print its message alone and exit with code 75.
    """


def connection_errors():
    """Returns what TensorFlow raises when another process of the run is gone.

    Importing TensorFlow takes seconds, and scripts report bad flags without.
    """
    import tensorflow as tf

    return (
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.DeadlineExceededError,
        tf.errors.UnavailableError,
    )


@contextlib.contextmanager
def writing(what, safe):
    """Turns the failure to write a file into an `InputError`.

    Args:
        what: is being written; begins the message.
        safe: a clause that says what is not lost.
    """
    import tensorflow as tf  # not above, see `connection_errors`

    try:
        yield
    except connection_errors():
        raise  # Saving asks the other workers for their variables.
    except (OSError, tf.errors.OpError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        fix = "Make room, and repeat the same command."
        parts = [f"{what} cannot be written: {reason}", safe, fix]
        raise InputError(". ".join(filter(None, parts))) from error
