"""A profile of some training steps, for TensorBoard."""

import os
import pathlib
import shutil
from collections.abc import Mapping

import keras
import tensorflow as tf

from ..common.errors import InputError, writing
from ..common.paths import user_path
from ..run.state import steps_of


def profile_callbacks(steps, workdir):
    """Returns the callbacks that a script's flag `--profile` asks for.

    Args:
        steps: texts of the first and the last step, or None.
        workdir: folder for TensorBoard.
    """
    if not steps:
        return []
    try:
        first, last = map(int, steps)
    except ValueError as error:
        raise InputError(
            "--profile takes the first and the last step, such as 10,14. "
            f"Received: {','.join(steps)}."
        ) from error
    return [ProfileSteps(workdir, first, last)]


class ProfileSteps(keras.callbacks.Callback):
    """Profiles some training steps: it records what takes their time.

    The events are written to `plugins/profile` in the folder, for TensorBoard's
    *Profile* tab, which `pip install xprof` adds. Steps are numbered by the
    optimizer, also after training was resumed; with `steps_per_execution` above
    1, each call into TensorFlow that contains one of them is recorded. Training
    is bit-identical with and without it.

    Args:
        log_dir: folder for TensorBoard.
        first, last: the first and last step to record, counted from 1. The
            first two steps of a process are slower than others, since they
            trace and compile the graph.

    Raises:
        InputError: they are not whole numbers of at least 1 in this order.

    Example:

    >>> import keras, numpy as np, tempfile
    >>> from normzoo.trainers.callbacks import ProfileSteps
    >>> model = keras.Sequential([keras.layers.Dense(4)])
    >>> model.compile("sgd", "mse")
    >>> callback = ProfileSteps(tempfile.mkdtemp(), first=3, last=4)
    >>> x, y = np.ones((8, 2)), np.ones((8, 4))
    >>> history = model.fit(
    ...     x, y, batch_size=2, verbose=0, callbacks=[callback]
    ... )
    """

    def __init__(
        self, log_dir: str | os.PathLike, first: int, last: int
    ) -> None:
        super().__init__()
        whole = all(type(step) is int for step in (first, last))
        if not whole or not 1 <= first <= last:
            raise InputError(
                "The steps of a profile must be whole numbers of at least 1, "
                "and the first one no larger than the last. Received: "
                f"{first!r} to {last!r}."
            )
        self.log_dir = pathlib.Path(user_path(log_dir, "log_dir"))
        self.first, self.last = first, last
        self._before: int | None = None

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Nothing is recorded yet."""
        self._is_on = False

    def on_epoch_begin(
        self, epoch: int, logs: Mapping[str, float] | None = None
    ) -> None:
        """Counts from where training goes on, which the first call tells."""
        self._before = None

    def on_train_batch_begin(
        self, batch: int, logs: Mapping[str, float] | None = None
    ) -> None:
        """Starts with the call that holds the first step."""
        begin = self._complete(batch) + 1
        end = begin + self.model.steps_per_execution - 1
        if not self._is_on and begin <= self.last and end >= self.first:
            self._start()

    def on_train_batch_end(
        self, batch: int, logs: Mapping[str, float] | None = None
    ) -> None:
        """Ends with the call that holds the last one."""
        if self._is_on and self._complete(batch) + 1 >= self.last:
            self._stop()

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Ends where training does."""
        if self._is_on:
            self._stop()

    def _complete(self, batch):
        """Returns the steps before a batch, first asked when that begins."""
        if self._before is None:
            # An epoch that is resumed does not begin with batch 0.
            self._before = steps_of(self.model) - batch
        return self._before + batch

    def _start(self):
        try:
            tf.profiler.experimental.start(str(self.log_dir))
        except tf.errors.AlreadyExistsError as error:
            # Of a `fit` that was interrupted, or of another callback.
            raise InputError(
                "TensorFlow is already profiling. Stop that first: "
                "tf.profiler.experimental.stop()."
            ) from error
        self._is_on = True

    def _stop(self):
        self._is_on = False
        before = self._profiles()
        with writing(f"The profile in {self.log_dir}"):
            try:
                tf.profiler.experimental.stop()
            except Exception:
                # It leaves what it could write.
                for new in self._profiles() - before:
                    shutil.rmtree(new, ignore_errors=True)
                raise

    def _profiles(self):
        return set(self.log_dir.glob("plugins/profile/*"))
