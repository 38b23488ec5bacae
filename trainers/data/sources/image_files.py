"""Which images are in a folder, and of which class and split."""

import numpy as np

from ...common.errors import InputError
from . import table_files

#: Split -> what its folder may be called.
_FOLDERS = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid"),
    "test": ("test", "testing"),
}
_LABELS = "labels.csv"
_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def splits_of(path):
    """Returns split -> its folder; all is of training if there are none."""
    found = {
        split: path / folder
        for split, folders in _FOLDERS.items()
        for folder in folders
        if _is_split(path / folder)
    }
    return found if "train" in found else {"train": path}


def listed(folder):
    """Returns paths and labels, an array of one for each.

    Args:
        folder: a `pathlib.Path` of `CLASS/IMAGE`, or of images and a
            `labels.csv`.

    Raises:
        InputError: there are none.
    """
    if (folder / _LABELS).exists():
        return _labeled(folder)
    files, labels = [], []
    for each in _folders(folder):
        inside = _images(each.rglob("*"))
        files += inside
        labels += [each.name] * len(inside)
    if not files:
        raise InputError(
            f"The folder {folder} has no images. Expected: CLASS/IMAGE, "
            f"SPLIT/CLASS/IMAGE, or images and {_LABELS} with the columns file "
            f"and label; images are {', '.join(_SUFFIXES)}."
        )
    return files, np.array(labels)


def unlabeled(folder):
    """Returns the paths of images that are in a folder itself, in order.

    They are none where there is a `labels.csv`.
    """
    if not folder.is_dir() or (folder / _LABELS).exists():
        return []
    return _images(folder.iterdir())


def _images(paths):
    return sorted(path for path in paths if path.suffix.lower() in _SUFFIXES)


def _is_split(folder):
    # Else it is a class of that name.
    return folder.is_dir() and (
        (folder / _LABELS).exists() or bool(_folders(folder))
    )


def _folders(path):
    return sorted(
        each
        for each in path.iterdir()
        if each.is_dir() and not each.name.startswith(".")
    )


def _labeled(folder):
    frame = table_files.whole(folder / _LABELS)
    if not {"file", "label"} <= set(frame.columns):
        raise InputError(
            f"{folder / _LABELS} has the columns "
            f"{', '.join(map(repr, frame.columns))}. Expected: file and label."
        )
    files = [folder / str(file) for file in frame["file"]]
    missing = [file for file in files if not file.is_file()]
    if missing or not files:
        raise InputError(
            f"{folder / _LABELS} names {len(missing) or 'no'} files"
            + (
                f" that are not there, such as {missing[0]}."
                if missing
                else "."
            )
        )
    return files, frame["label"]
