"""Folders as bytes, where machines share no file system."""

import shutil

from ...common.files import make_folder, replacing_folder


def pack(root, names):
    """Returns what folders hold, as `unpack` takes it.

    Hidden files are left out: they say which process of this machine is at
    work there.

    Args:
        root: a `pathlib.Path`.
        names: of folders below it, which may be missing.

    Returns:
        Name -> path within the folder -> bytes, or None if it is missing.
    """
    return {name: _contents(root / name) for name in names}


def _contents(folder):
    if not folder.is_dir():
        return None
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name[0] != "."
    }


def size(parcel):
    """Returns the bytes in all files of what `pack` has returned."""
    folders = [each for each in parcel.values() if each is not None]
    return sum(len(content) for each in folders for content in each.values())


def unpack(parcel, root):
    """Makes folders what they were where `pack` has read them.

    Each is replaced as a whole, or stays as it is.
    """
    for name, contents in parcel.items():
        folder = root / name
        if contents is None:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        make_folder(folder.parent)
        with replacing_folder(folder) as new:
            for path, content in contents.items():
                (new / path).parent.mkdir(parents=True, exist_ok=True)
                (new / path).write_bytes(content)
