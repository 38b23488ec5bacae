"""The checkpoints of a run: the last ones and the best one."""

from ...common.errors import InputError, writing
from ...common.files import make_folder
from ..progress import Progress
from .recovery import keep_only, newest_first, path_of, recover


class Checkpoints:
    """Writes and reads a run's state, always as a whole.

    `FOLDER/step-120.*` holds the state after 120 steps, `FOLDER/best/step-*`
    the state with the best validation so far. Files that a killed process left
    incomplete are never used.

    Args:
        folder: of the checkpoints; created with the first one.
        state: the `SavedState` of what trains.
        keep: how many of the last checkpoints stay.
        from_json: function that makes the progress of what its `to_json` has
            returned. The progress has a `step`.
    """

    def __init__(self, folder, state, keep, from_json=Progress.from_json):
        self._folder = folder
        self._state = state
        self._from_json = from_json
        self._keep = keep

    def restore(self):
        """Sets all variables to those of the newest checkpoint.

        Damaged checkpoints are removed, and so are best checkpoints of later
        steps, which the run will reach again.

        Returns:
            The checkpoint's `Progress`, or None if no checkpoint can be read.

        Raises:
            InputError: the checkpoint is of another model.
        """
        step = recover(self._folder)
        steps = newest_first(self._best)
        keep_only(self._best, [s for s in steps if s <= (step or 0)])
        if step is None:
            return None
        path = path_of(self._folder, step)
        try:
            text = self._state.read(path)
        except (AssertionError, ValueError) as error:
            raise InputError(
                f"The checkpoint {path} does not fit the model: {error} It may "
                "come from other versions of normzoo or Keras, which "
                "config.json names. Use those, or name another workdir."
            ) from error
        return self._from_json(text)

    def save(self, progress):
        """Writes the state after `progress.step` steps.

        Raises:
            InputError: it cannot be written; earlier checkpoints are intact.
        """
        self._write(self._folder, progress)
        keep_only(self._folder, newest_first(self._folder)[: self._keep])

    def save_best(self, progress):
        """Writes the state as the best one so far."""
        self._write(self._best, progress)
        keep_only(self._best, [progress.step])

    @property
    def _best(self):
        return self._folder / "best"

    def _write(self, folder, progress):
        steps = newest_first(self._folder)
        what = f"The checkpoint of step {progress.step}"
        safe = f"The one of step {steps[0]} is intact" if steps else ""
        try:
            with writing(what, safe):
                make_folder(folder)
                path = path_of(folder, progress.step)
                self._state.write(path, progress.to_json())
        except InputError:
            # What was written of it may be what fills the disk.
            keep_only(folder, newest_first(folder))
            raise
