"""Names: of a table's entries, and of what the user's own code holds."""

import functools
import importlib
import importlib.util
import operator
import pathlib
import sys
import zlib


def look_up(name, table, kind):
    """Returns what a name stands for.

    Args:
        name: a key of `table`; or `"module:function"` or `"file.py:function"`,
            which is found in every process that imports the module or runs
            the file. A relative file name starts from the current folder.
        table: name -> anything.
        kind: what a name stands for, for the messages.

    Raises:
        ValueError: the table has no such key, or the module or file has no
            such function.
    """
    if name in table:
        return table[name]
    place, colon, attribute = name.rpartition(":")
    if not colon:
        raise ValueError(
            f"Unknown {kind}. Received: {name!r}. Expected one of: "
            f"{', '.join(table)}; or 'module:function' or 'file.py:function' "
            "for one of your own."
        )
    is_file = place.endswith(".py")
    try:
        module = (
            _load(str(pathlib.Path(place).expanduser().resolve()))
            if is_file
            else importlib.import_module(place)
        )
        return operator.attrgetter(attribute)(module)
    except (AttributeError, ImportError, OSError, ValueError) as error:
        where = "from the current folder" if is_file else "on Python's path"
        raise ValueError(
            f"The {kind} {name!r} cannot be found {where}: {error}."
        ) from error


@functools.cache
def _load(path):
    """Returns a file as a module, run once in a process."""
    name = f"{pathlib.Path(path).stem}_{zlib.crc32(path.encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where pickle and dataclasses look
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
