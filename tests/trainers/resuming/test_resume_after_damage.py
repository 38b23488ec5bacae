"""A `fit` whose disk was full, or whose checkpoints are damaged."""

import contextlib
import os
import pathlib
import shutil

import keras
import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.run.checkpointing.recovery import newest_first

from .. import accidents
from . import fits
from .small_fit import Small


class Full(keras.callbacks.Callback):
    """Fills the disk before the last of three epochs."""

    def __init__(self, stack, room=4000):
        super().__init__()
        self.stack, self.room = stack, room

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            self.stack.enter_context(accidents.full_disk(self.room))

    state_dict = dict

    def load_state_dict(self, state):
        pass


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A `fit` whose disk was full before its last checkpoint; its history."""
    folder = tmp_path_factory.mktemp("full")
    whole = Small(folder / "whole")(epochs=3)
    with (
        contextlib.ExitStack() as stack,
        pytest.raises(InputError, match=r"cannot be written.*is intact"),
    ):
        Small(folder / "run")(fits.X, fits.Y, Full(stack), epochs=3)
    return folder / "run", whole.history


#: What has happened to the newest checkpoint.
DAMAGE = {
    "nothing": lambda folder: None,
    "truncated": lambda folder: os.truncate(
        folder / "step-4.data-00000-of-00001", 100
    ),
    "zeroed": lambda folder: (folder / "step-4.index").write_bytes(bytes(400)),
    "missing": lambda folder: (folder / "step-4.index").unlink(),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DAMAGE)
def test_after_a_full_disk_and_damage(name, full, tmp_path):
    held, whole = full
    folder = shutil.copytree(held, tmp_path / "run")
    checkpoints = folder / "checkpoints"
    assert newest_first(checkpoints) == [4, 2]
    assert len(list(checkpoints.iterdir())) == 4
    DAMAGE[name](checkpoints)
    assert Small(folder)(epochs=3).history == whole


@pytest.mark.slow
def test_a_disk_that_is_full_for_a_log_of_keras(tmp_path):
    """The error is that of Keras' callback; what is torn is cut off."""

    def logged(folder, *callbacks):
        logger = keras.callbacks.CSVLogger(tmp_path / f"{folder}.csv")
        try:
            Small(tmp_path / folder)(
                fits.X, fits.Y, *callbacks, logger, epochs=3
            )
        finally:
            with contextlib.suppress(OSError):
                logger.csv_file.close()  # as the end of a process does
        return pathlib.Path(logger.filename).read_bytes()

    whole = logged("whole")
    with contextlib.ExitStack() as stack:
        full = Full(stack, room=len(whole) - 9)
        with pytest.raises(OSError, match="File too large"):
            logged("run", full)
    torn = (tmp_path / "run.csv").read_bytes()
    assert len(torn) == len(whole) - 9
    assert logged("run") == whole
