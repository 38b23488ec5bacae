"""Names: of a table's entries, and of what the user's own code holds."""

import functools
import importlib
import importlib.util
import operator
import pathlib
import sys
import zlib

from .user_code import failure, line_of


def look_up(name, table, kind):
    """Returns what a name stands for.

    Args:
        name: a key of `table`; or `"module:function"` or `"file.py:function"`,
            which is found in every process that imports the module or runs
            the file. A relative file name starts from the current folder.
        table: name -> anything.
        kind: what a name stands for, for the messages.

    Raises:
        ValueError: the table has no such key, the module or file has no such
            function, or its code raises an exception.
    """
    is_text = isinstance(name, str)
    if is_text and name in table:
        return table[name]
    place, colon, attribute = name.rpartition(":") if is_text else ("",) * 3
    if not colon:
        known = f" one of: {', '.join(table)}; or" if table else ""
        raise ValueError(
            f"Unknown {kind}. Received: {name!r}. Expected{known or ':'} "
            "'module:function' or 'file.py:function' for one of your own."
        )
    try:
        return operator.attrgetter(attribute)(_module(place, name, kind))
    except AttributeError as error:
        raise ValueError(
            f"The {kind} {name!r} cannot be found: {place} has no attribute "
            f"{attribute!r}."
        ) from error


def _module(place, name, kind):
    """Returns the module or file that the name of something begins with."""
    is_file = place.endswith(".py")
    try:
        if is_file:
            return _load(str(pathlib.Path(place).expanduser().resolve()))
        return importlib.import_module(place)
    except Exception as error:  # whatever the user's own code raises
        if line_of(error):
            raise ValueError(
                f"The {kind} {name!r} cannot be imported: {failure(error)}"
            ) from error
        where = "from the current folder" if is_file else "on Python's path"
        raise ValueError(
            f"The {kind} {name!r} cannot be found {where}: {error}."
        ) from error


@functools.cache
def _load(path):
    """Returns a file as a module, run once in a process."""
    script = sys.modules["__main__"]
    # To run the script that is running would begin all its work again.
    if getattr(script, "__file__", None) and _place(script) == path:
        return script
    known = sys.modules.get(_module_name(path))
    is_of_a_copy = getattr(known, "__file__", path) != path
    return known if is_of_a_copy else load_from(path, path)


def load_from(path, copy):
    """Returns a file as a module, which `look_up` finds by its path then.

    Args:
        path: of the file, absolute.
        copy: path of the file that is run.
    """
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, copy)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where pickle and dataclasses look
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def import_path(thing):
    """Returns the name by which `look_up` finds something in any process.

    Args:
        thing: a class or a function.

    Raises:
        ValueError: another process cannot import it.
    """
    module = sys.modules.get(getattr(thing, "__module__", None))
    name = getattr(thing, "__qualname__", "")
    try:
        found = operator.attrgetter(name)(module)
    except AttributeError:
        found = None
    place = _place(module) if found is thing else None
    if place is None:
        raise ValueError(
            f"Other processes cannot import {name or thing!r}, which is "
            "defined in a notebook, in a function or as a lambda. Put it at "
            "the top level of a Python file and import it from there."
        )
    return f"{place}:{name}"


def _place(module):
    """Returns a module's name or file, None of a notebook."""
    file = getattr(module, "__file__", None)
    is_script = module is sys.modules["__main__"]
    if is_script or (file and module.__name__ == _module_name(file)):
        return file and str(pathlib.Path(file).resolve())
    return module.__name__


def _module_name(path):
    return f"{pathlib.Path(path).stem}_{zlib.crc32(path.encode()):08x}"
