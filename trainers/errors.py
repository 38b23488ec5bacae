"""The error that is the user's to mend."""

import contextlib

import tensorflow as tf


class InputError(ValueError):
    """A config, a data set or a folder that cannot be worked with.

    The scripts print its message alone and exit with code 2; its text says
    what came, what is allowed and how to mend it.
    """


@contextlib.contextmanager
def writing(what, what_is_safe):
    """Turns the failure to write a file into an `InputError`.

    Args:
        what: is being written; begins the message.
        what_is_safe: ends the message, without its period.
    """
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        raise InputError(
            f"{what} cannot be written: {error} {what_is_safe}. Make room, "
            "and give the same command again."
        ) from error
