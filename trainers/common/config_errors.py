"""Saying where a config file fails."""

import contextlib
import os
import traceback

from .errors import InputError


@contextlib.contextmanager
def explained(path):
    """Turns what the code of a config file raises into an `InputError`.

    Other exceptions pass.

    Args:
        path: of the config file, or None.
    """
    try:
        yield
    except Exception as error:
        found = path and _find(os.path.abspath(path), error)
        if not found:
            raise
        line, cause = found
        text = "".join(map(str, cause.args[:1])).splitlines() or [""]
        if len(text) > 1:  # a locked config lists all that it has in between
            text = [text[0][:70], "...", text[-1]]
        where = f" in line {line}" if line else ""
        raise InputError(
            f"The config {path} fails{where}: {type(cause).__name__}: "
            f"{' '.join(text)}"
        ) from error


def _find(path, error):
    """Returns the line and the exception that left the file, or None."""
    if isinstance(error, SyntaxError):
        return error.lineno, error
    # The flags wrap what the file has raised.
    inner = error.__cause__ or error.__context__
    if inner and (found := _find(path, inner)):
        return found
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.abspath(frame.filename) == path
    ]
    return (lines[-1], error) if lines else None
