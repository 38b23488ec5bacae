"""The checkpoints of a run: the last ones and the best one."""

import pathlib

import tensorflow as tf

from .errors import InputError, writing
from .progress import Progress
from .recovery import NAME, recover, remove_unfinished


class Checkpoints:
    """Writes and reads a run's state, each time as a whole.

    `FOLDER/step-120.*` holds the state after 120 steps, `FOLDER/best/step-*`
    that with the best validation. What a dying process was writing is never
    taken for a checkpoint.

    Args:
        folder: of the checkpoints; made by the first one.
        variables: name of a group -> list of `tf.Variable`.
        keep: how many of the last ones stay.
    """

    def __init__(self, folder, variables, keep):
        self._progress = tf.Variable("", dtype=tf.string, trainable=False)
        self._checkpoint = tf.train.Checkpoint(
            progress=self._progress, **variables
        )
        self._newest = recover(folder)
        recover(folder / "best")
        self._last = self._manager(folder, keep)
        self._best = self._manager(folder / "best", 1)

    def _manager(self, folder, keep):
        return tf.train.CheckpointManager(
            self._checkpoint, str(folder), keep, checkpoint_name=NAME
        )

    def restore(self):
        """Sets all variables to those of the newest checkpoint.

        Returns:
            Its `Progress`; None if there is no checkpoint that can be read.

        Raises:
            InputError: it is one of another model.
        """
        if self._newest is None:
            return None
        try:
            self._checkpoint.restore(self._newest).assert_consumed()
        except (AssertionError, ValueError) as error:
            raise InputError(
                f"The checkpoint {self._newest} does not fit the model: "
                f"{error} Was it made with other versions of normzoo or Keras "
                "(config.json tells)? Use those, or name another workdir."
            ) from error
        return Progress.from_json(self._progress.numpy())

    def save(self, progress):
        """Writes the state after `progress.step` steps.

        Raises:
            InputError: it cannot be written; the checkpoint before is intact.
        """
        self._newest = self._write(self._last, progress)

    def save_best(self, progress):
        """Writes the state to the place of the best one."""
        self._write(self._best, progress)

    def _write(self, manager, progress):
        self._progress.assign(progress.to_json())
        what = f"The checkpoint of step {progress.step}"
        safe = f"The last checkpoint is intact: {self._newest}"
        try:
            with writing(what, safe if self._newest else "It is the first"):
                return manager.save(progress.step)
        except InputError:
            # It may be most of what fills the disk.
            remove_unfinished(pathlib.Path(manager.directory))
            raise
