"""Paths as users write them."""

import pathlib

from .errors import InputError


def user_path(path, what="workdir"):
    """Returns a path that a user gave, with `~` for the home folder.

    Args:
        path: text, or a `pathlib.Path`.
        what: it is the path of, for the message.

    Raises:
        InputError: it is empty, which would mean the current folder, or names
            the home of a user who is not there.
    """
    if not str(path).strip():
        raise InputError(
            f"The {what} has no name. Received: {str(path)!r}. Name a folder; "
            "'.' is the current one."
        )
    try:
        found = pathlib.Path(path)
        # `pathlib` makes "~" of "./~", too.
        return found.expanduser() if str(path).startswith("~") else found
    except RuntimeError as error:
        raise InputError(
            f"The {what} {path} cannot be found: {error} Write the whole path."
        ) from error
