"""The errors that users can fix, and the exit codes of scripts."""

import contextlib
import errno
import os
import re
import textwrap

#: Of a run that ended early and goes on when it is started again: EX_TEMPFAIL
#: of sysexits.h, "try again".
EXIT_RESTART = 75

_LONGEST = 300  # characters of what Keras says
#: What TensorFlow puts around its words: names in its graph.
_NODES = re.compile(r"\{\{.*?\}\}\s*|\s*\[Op:.*")
#: What the system says when a file cannot be written -> what helps.
_FIXES = {
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG): (
        "Make room, and repeat the same command."
    ),
    (errno.EACCES, errno.EPERM, errno.EROFS): (
        "Let this user write there, or name another folder."
    ),
    (errno.ENAMETOOLONG,): "Give it a shorter name.",
    (errno.EEXIST, errno.ENOTDIR): "There is a file; name another folder.",
}


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


def shortly(error):
    """Returns what Keras says of a file that it cannot load, in one line.

    Its own words include the whole config of the model.
    """
    said = str(error).rpartition("Exception encountered: ")[2].strip()
    first = (said.splitlines() or [type(error).__name__])[0]
    return textwrap.shorten(first, _LONGEST, placeholder=" ...")


@contextlib.contextmanager
def writing(what, safe=""):
    """Turns the failure to write a file into an `InputError`.

    Args:
        what: is being written; begins the message.
        safe: a clause that says what is not lost.
    """
    import tensorflow as tf  # not above, see `connection_errors`

    try:
        yield
    except InputError:
        raise
    except connection_errors():
        raise  # Saving asks the other workers for their variables.
    except Exception as error:
        if not isinstance(error, (OSError, tf.errors.OpError)) and not (
            is_of_files(error)
        ):
            raise
        reason = _reason(error)
        fix = _fix(reason) or "Fix that, and repeat the same command."
        parts = [f"{what} cannot be written: {reason}", safe, fix]
        raise InputError(". ".join(filter(None, parts))) from error


def is_of_files(error):
    """Whether an error says that the system has refused to write a file.

    TensorFlow, TFDS and HDF5 raise errors of their own, with its words.
    """
    return _fix(_reason(error)) is not None


def _reason(error):
    """Returns the first line of what an error says, without hidden names.

    Where only later lines have the system's words, it is these.
    """
    said = getattr(error, "strerror", None) or str(error)
    first = (said.splitlines() or [type(error).__name__])[0]
    first = _NODES.sub("", first).rstrip(".")
    known = (os.strerror(each) for numbers in _FIXES for each in numbers)
    words = next((words for words in known if words in said), "")
    return first if words in first else words


def _fix(reason):
    for numbers, fix in _FIXES.items():
        if any(os.strerror(number) in reason for number in numbers):
            return fix
    return None
