"""Says where code of the user's own fails."""

import pathlib
import re
import sysconfig
import traceback

_ROOT = pathlib.Path(__file__).resolve().parents[1]
#: The user has written nothing below these folders,
_FOLDERS = (
    *(_ROOT / name for name in ("layers", "zoo", "trainers")),
    sysconfig.get_path("stdlib"),
)
#: or below a folder of one of these names.
_INSTALLED = {"site-packages", "dist-packages"}
#: Keras prints in bold what a layer has raised, between other words.
_BOLD = re.compile(r"\x1b\[1m(.*)\x1b\[0m", re.DOTALL)
_LENGTH = 400


def failure(error):
    """Returns which exception was raised, and in which line of the user's.

    Example:

    >>> from normzoo.layers.user_code import failure
    >>> failure(KeyError("width"))
    "KeyError: 'width'"
    """
    place = line_of(error)
    where = f"line {place[1]} of {place[0]} raises " if place else ""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    if bold := _BOLD.search(text):
        text = bold[1]
    text = _shortened(" ".join(text.split()))
    return f"{where}{type(error).__name__}{text and ': '}{text}"


def _shortened(text):
    """Returns the beginning and the end of a long text."""
    if len(text) <= _LENGTH:
        return text
    half = _LENGTH // 2
    return f"{text[:half].rstrip()} ... {text[-half:].lstrip()}"


def line_of(error):
    """Returns the file and the line of the user's code that raised an error.

    None if no code of the user's was running.
    """
    if isinstance(error, SyntaxError) and _is_own(error.filename or ""):
        return error.filename, error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_own(frame.filename)]
    return (own[-1].filename, own[-1].lineno) if own else None


def _is_own(name):
    path = pathlib.Path(name)
    return (
        path.is_file()
        and not _INSTALLED.intersection(path.parts)
        and not any(map(path.is_relative_to, _FOLDERS))
    )
