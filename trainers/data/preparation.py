"""Preparing a TFDS data set, once, however many processes ask for it."""

import contextlib

import filelock


def data_root(builder):
    """Returns the `data_dir` that holds `builder`'s and all other sets."""
    # The path ends with name/version, or with name/config/version.
    depth = len(builder.info.full_name.split("/"))
    return builder.data_path.parents[depth - 1]


@contextlib.contextmanager
def preparation_lock(builder):
    """Holds the exclusive right to prepare `builder`'s data set.

    TFDS itself lets a second process fail that prepares the same set.
    """
    root = data_root(builder)
    root.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(root / f".{builder.name}.lock", is_singleton=True)
    with lock:
        if builder.data_path.exists():
            # Another process prepared it since `builder` was made.
            builder.info.read_from_directory(builder.data_path)
        yield


class LocalBuilder:
    """Mixin of TFDS builders whose data come with installed packages.

    Nothing is downloaded, so these sets are prepared wherever they are asked
    for, and two processes may ask at once.
    """

    def download_and_prepare(self, **kwargs):
        """Prepares the data set unless that has been done."""
        with preparation_lock(self):
            super().download_and_prepare(**kwargs)
