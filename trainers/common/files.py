"""Files and folders that are written as a whole or not at all."""

import contextlib
import json
import os
import pathlib
import shutil
import tempfile


def write_json(path, value):
    """Writes `value` to `path` as a whole or not at all."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_text(path, text):
    """Writes `text` to `path` as a whole or not at all."""
    with replacing(path) as temporary, open(temporary, "w") as file:
        file.write(text)


@contextlib.contextmanager
def replacing(path):
    """Yields the name of a file that takes a path's place at the end.

    It has the suffix of `path`. After an error nothing is left of it.

    Args:
        path: a `pathlib.Path`, there or not.
    """
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix
    )
    os.close(handle)
    try:
        yield name
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp's own mode hides it from others
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@contextlib.contextmanager
def replacing_folder(path):
    """Yields a new folder that takes a path's place at the end.

    After an error nothing is left of it, and what was at `path` stays.

    Args:
        path: a `pathlib.Path`, there or not.
    """
    prefix = f".{path.name}."
    for left in path.parent.glob(f"{prefix}*"):  # by a process that was killed
        shutil.rmtree(left)
    new = pathlib.Path(tempfile.mkdtemp(dir=path.parent, prefix=prefix))
    old = new.with_name(f"{new.name}.old")
    try:
        yield new
        new.chmod(0o755)  # mkdtemp's own mode hides it from others
        if path.exists():
            path.rename(old)
        new.rename(path)
    finally:
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)
