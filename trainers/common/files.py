"""Files and folders that are written as a whole or not at all.

What cannot be written is an `InputError` that names it, and nothing is left of
it. Whatever writes results does it here, or within `errors.writing`.
"""

import contextlib
import json
import os

from .errors import writing
from .unfinished import place_for


def write_json(path, value, what="The file", safe=""):
    """Writes `value` to `path`; arguments as of `replacing`."""
    write_text(path, json.dumps(value, indent=2) + "\n", what, safe)


def write_text(path, text, what="The file", safe=""):
    """Writes `text` to `path`; arguments as of `replacing`."""
    with replacing(path, what, safe) as temporary, open(temporary, "w") as file:
        file.write(text)


def make_folder(path, what="The folder", fix=""):
    """Makes a folder unless it is there, and returns its path.

    Args:
        path: a `pathlib.Path`.
        what: it is; begins the message.
        fix: a clause that says how to name another one.

    Raises:
        InputError: it cannot be made.
    """
    with writing(f"{what} {path}", fix):
        path.mkdir(parents=True, exist_ok=True)
    return path


def append(path, text, what="The file", safe=""):
    """Adds `text` at the end of a file, as a whole or not at all.

    Args:
        path: a `pathlib.Path`, there or not.
        text: to be added.
        what, safe: as of `replacing`.

    Raises:
        InputError: it cannot be written.
    """
    rest = text.encode()
    with (
        writing(f"{what} {path}", safe),
        open(path, "ab", buffering=0) as file,
    ):
        size = file.tell()
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            with contextlib.suppress(OSError):  # a device
                file.truncate(size)
            raise


@contextlib.contextmanager
def replacing(path, what="The file", safe=""):
    """Yields the name of a file that takes a path's place at the end.

    It ends as that of `path` does. After an error nothing is left of it.

    Args:
        path: a `pathlib.Path`, there or not; a link stays one.
        what: it is; begins the message.
        safe: a clause that says what is not lost.

    Raises:
        InputError: it cannot be written.
    """
    target = path.resolve()
    with writing(f"{what} {path}", safe), place_for(target) as new:
        new = new.with_name(path.name)
        yield str(new)
        with open(new, "rb+") as file:
            os.fsync(file.fileno())
        new.replace(target)


@contextlib.contextmanager
def replacing_folder(path, what="The folder"):
    """Yields a new folder that takes a path's place at the end.

    After an error nothing is left of it, and what was at `path` stays.

    Args:
        path: a `pathlib.Path`, there or not; a link stays one.
        what: it is; begins the message.

    Raises:
        InputError: it cannot be written.
    """
    path = path.resolve()
    with writing(f"{what} {path}"), place_for(path) as new:
        new.mkdir()
        yield new
        if not path.exists():
            new.rename(path)
            return
        with place_for(path) as old:
            path.rename(old)
            try:
                new.rename(path)
            except BaseException:
                old.rename(path)
                raise
