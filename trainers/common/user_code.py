"""Running code of the user's own, whose errors are the user's to fix."""

import contextlib

import tensorflow as tf

from ...layers.user_code import failure, line_of
from .errors import InputError


@contextlib.contextmanager
def running(what):
    """Turns whatever the code raises into an `InputError`.

    Args:
        what: is run, such as `"The model 'mine.py:build'"`; begins the message.
    """
    try:
        yield
    except Exception as error:
        raise InputError(f"{what} fails: {failure(error)}") from error


@contextlib.contextmanager
def building(what):
    """Turns what the user can fix into an `InputError`; the rest passes.

    That is whatever the user's own code raises, the `TypeError` or `ValueError`
    of an argument from a config, and a lack of memory.

    Args:
        what: is built, such as `"The model"`; begins the message.
    """
    try:
        yield
    except Exception as error:
        if line_of(error):
            said = f"{what} cannot be built: {failure(error)}"
        elif isinstance(error, (TypeError, ValueError)):
            said = f"{what} cannot be built. {error}"
        elif isinstance(error, (MemoryError, tf.errors.ResourceExhaustedError)):
            said = f"{what} is too large for the memory. Make it smaller."
        else:
            raise
        raise InputError(said) from error


def is_users(error):
    """Whether an `InputError` was made of one that the user's code raised."""
    while (error := error.__cause__) is not None:
        if line_of(error):
            return True
    return False
