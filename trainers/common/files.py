"""Files that are written as a whole or not at all."""

import json
import os
import tempfile


def write_json(path, value):
    """Writes `value` to `path` as a whole or not at all."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_text(path, text):
    """Writes `text` to `path` as a whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp's own mode hides it from others
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
