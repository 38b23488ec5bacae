"""Preparing a TFDS data set, once, however many processes ask for it."""

import contextlib
import io

import rich.console
import tensorflow_datasets as tfds

from ..common import lock
from ..common.errors import InputError, writing
from ..common.files import make_folder


def prepare(builder, download):
    """Prepares a data set that is not prepared.

    Args:
        builder: of the set.
        download: whether TFDS may use the network; an embedded set needs none.
            None: it may not, and cannot be told to.

    Raises:
        InputError: it may not be downloaded, or cannot be prepared.
    """
    if isinstance(builder, LocalBuilder):
        console = rich.console.Console(stderr=True)
        # Nothing is shown where there is no terminal.
        with console.status(f"Preparing {builder.name}"), _quiet_tfds():
            builder.download_and_prepare()
        return
    data_dir = data_root(builder)
    command = f"tfds build {builder.name} --data_dir={data_dir}"
    if not download:
        other = (
            ""
            if download is None
            else (", or add --config.dataset.download=True")
        )
        raise InputError(
            f"Data set {builder.name!r} is not prepared in {data_dir}. Prepare "
            f"it where there is a network: {command}{other}."
        )
    # Made here, so that a folder that cannot be is not the network's fault.
    make_folder(data_dir)
    with preparation_lock(builder):
        try:
            # One folder a set: archives of several sets have equal file names.
            builder.download_and_prepare(
                download_dir=data_dir / "downloads" / builder.name
            )
        # The network's, a checksum's, or of the code that makes the examples.
        except Exception as error:
            raise InputError(
                f"Data set {builder.name!r} cannot be prepared. "
                f"{type(error).__name__}: {error} Look closer with: {command}."
            ) from error


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
    other = "In a config, another one is --config.dataset.data_dir=DIR"
    root = make_folder(data_root(builder), "The folder of data sets", other)
    with (
        lock.waited_for(root / f".{builder.name}.lock"),
        writing(f"The data set {builder.name} in {root}"),
    ):
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


def bars_shown():
    """Returns whether TFDS shows progress bars.

    It has a public switch, and no public name for the switch's position.
    """
    try:
        from tensorflow_datasets.core.utils import tqdm_utils

        return tqdm_utils._active
    except (ImportError, AttributeError):
        return True


@contextlib.contextmanager
def _quiet_tfds():
    """Keeps TFDS' lines and progress bars off the terminal, for a block."""
    shown = bars_shown()
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.display_progress_bar(shown)
