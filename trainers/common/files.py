"""Files that are written as a whole or not at all."""

import contextlib
import json
import os
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
