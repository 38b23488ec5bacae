"""The user's own code, which other machines need."""

import os
import pathlib
import platform
import re
import runpy
import sys
import tempfile
from typing import NamedTuple

from ....layers.lookup import load_from
from ...common.errors import InputError, writing
from ...common.structures import flatten

_NAMED = re.compile(r"(?P<file>.+\.py):[\w.]+")
#: Bytes that are more than anybody's code of an experiment.
_MOST = 20_000_000


class Code(NamedTuple):
    """Python files, and how a process gets to know them.

    Attributes:
        folders: path of a folder -> path within it -> bytes.
        path: folders that Python looks for modules in.
        here: the current folder.
        named: files that configs name as `"file.py:function"`.
        script: the file that the comparison was started from, or None.
    """

    folders: dict
    path: tuple
    here: str
    named: tuple
    script: str | None


def collected(configs, files=()):
    """Returns the `Code` that runs need.

    Args:
        configs: plain nested dicts that may name files.
        files: paths of other files.

    Raises:
        InputError: it is too large to be code.
    """
    named = {
        str(pathlib.Path(found["file"]).expanduser().resolve())
        for config in configs
        for value in flatten(config).values()
        if isinstance(value, str) and (found := _NAMED.fullmatch(value))
    }
    script, here = _script(), os.getcwd()
    path = [each for each in map(os.path.abspath, sys.path) if _is_own(each)]
    files = [*named, *files, *([script] if script else [])]
    parents = [os.path.dirname(os.path.abspath(file)) for file in files]
    folders = {each: _read(each) for each in {*path, *parents, here}}
    size = sum(len(x) for each in folders.values() for x in each.values())
    if size > _MOST:
        largest = max(folders, key=lambda each: len(folders[each]))
        raise InputError(
            f"The code below {', '.join(sorted(folders))} has {size / 1e6:.0f} "
            "MB, too much to be sent to a cluster. Start from a folder that "
            f"holds the experiment alone, and not {largest}."
        )
    return Code(folders, tuple(path), here, tuple(sorted(named)), script)


def _script():
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None) or ""
    is_file = file.endswith(".py") and getattr(main, "__spec__", None) is None
    return os.path.abspath(file) if is_file else None


def _is_own(folder):
    """Returns whether a folder of Python's path has nothing installed in it."""
    folder = pathlib.Path(folder)
    around = {folder, *folder.parents}
    is_python = {pathlib.Path(sys.prefix), pathlib.Path(sys.base_prefix)}
    return (
        folder.is_dir()
        and not around & is_python
        and not any(any(each.glob("*.dist-info")) for each in around)
    )


def _read(folder):
    """Returns what can be imported from a folder: its files, its packages."""
    folder = pathlib.Path(folder)
    packages = [each.parent for each in folder.glob("*/__init__.py")]
    files = [*folder.glob("*.py")]
    files += [file for each in packages for file in each.rglob("*.py")]
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(files)
        if file.is_file()
    }


class Arrived:
    """The code that has come to this process.

    A folder that this machine has with the same contents is used as it is, so
    that code finds what lies beside it; of others there is a copy.

    Args:
        scratch: function that returns a folder for copies.
    """

    def __init__(self, scratch):
        self._scratch = scratch
        self._places, self._loaded = {}, set()

    def take(self, code):
        """Makes a process what the one was that `code` was collected in.

        Args:
            code: the `Code`; what is known already stays.
        """
        for folder, files in code.folders.items():
            if folder not in self._places:
                self._places[folder] = self._place_of(folder, files)
        new = [self._places[each] for each in code.path]
        sys.path[:0] = [each for each in new if each not in sys.path]
        os.chdir(self._places[code.here])
        if code.script and code.script not in self._loaded:
            self._loaded.add(code.script)
            _run_as_main(self.place(code.script))
        for file in code.named:
            if file not in self._loaded:
                self._loaded.add(file)
                load_from(file, self.place(file))

    def place(self, file):
        """Returns where a file of the code is on this machine."""
        folder, name = os.path.split(os.path.abspath(file))
        return os.path.join(self._places[folder], name)

    def _place_of(self, folder, files):
        if _has(folder, files):
            return folder
        scratch = self._scratch()
        with writing(f"Your code in {scratch} on {platform.node()}"):
            copy = pathlib.Path(tempfile.mkdtemp(dir=scratch))
            for name, content in files.items():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                (copy / name).write_bytes(content)
        return str(copy)


def _has(folder, files):
    """Returns whether a folder of this machine has files with such contents."""
    place = pathlib.Path(folder)
    try:
        is_same = all((place / x).read_bytes() == files[x] for x in files)
    except OSError:
        return False
    return is_same and place.is_dir()


def _run_as_main(file):
    """Runs a script as `multiprocessing` does: what it defines is there."""
    found = type(sys)("__mp_main__")
    found.__dict__.update(runpy.run_path(file, run_name="__mp_main__"))
    sys.modules["__main__"] = sys.modules["__mp_main__"] = found
