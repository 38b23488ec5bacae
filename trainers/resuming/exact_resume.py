"""The Keras callback that resumes any `fit`."""

import os
import weakref
from collections.abc import Callable

import keras

from ..common.errors import InputError
from ..run.rundir import RunDir
from . import fit_call
from .one_fit import OneFit

#: What Keras gives to callbacks; the dict is theirs to change.
Logs = dict[str, float] | None


class ExactResume(keras.callbacks.Callback):
    """Resumes an interrupted `fit` where it was, and ends bit-identical.

    Start the same script again after it was killed: weights, optimizer, loss
    scale, averages, seed generators, metrics, the place in the data, `History`
    and the states of callbacks are those of the newest checkpoint, in the
    middle of an epoch, too. The rest is trained, and weights and history end as
    those of a run that was not interrupted. A finished run is not trained
    again; with more `epochs` it continues.

    SIGTERM and Ctrl-C save the state after the current step and end the process
    with exit code 75 or 130. A checkpoint that cannot be written, because the
    disk is full, ends it with a short message. From a damaged checkpoint it
    goes back to the one before.

    `docs/workdir.md` says what must hold, and what cannot be resumed exactly.

    Args:
        workdir: folder for the checkpoints, of this run alone.
        save_freq: `"epoch"`, or the number of steps after which the state is
            saved. The end of the last epoch is always saved.
        keep: how many of the last checkpoints stay.

    Raises:
        InputError: an option is impossible. When `fit` begins: it cannot be
            resumed exactly, or the workdir holds another run.

    Example:

    >>> import keras, numpy as np, tempfile
    >>> from normzoo.trainers.callbacks import ExactResume
    >>> keras.utils.set_random_seed(0)
    >>> model = keras.Sequential([keras.layers.Dense(4)])
    >>> model.compile("adam", "mse")
    >>> x, y = np.ones((8, 2)), np.ones((8, 4))
    >>> resume = ExactResume(tempfile.mkdtemp(), save_freq=100)
    >>> history = model.fit(x, y, epochs=3, verbose=0, callbacks=[resume])
    """

    def __init__(
        self,
        workdir: str | os.PathLike,
        save_freq: int | str = "epoch",
        keep: int = 2,
    ) -> None:
        super().__init__()
        self.workdir = workdir
        self.save_freq = save_freq
        self.keep = keep
        if save_freq != "epoch" and not _is_positive(save_freq):
            raise InputError(
                "`save_freq` must be 'epoch' or a positive whole number of "
                f"steps. Received: {save_freq!r}."
            )
        if not _is_positive(keep):
            raise InputError(
                "`keep` must be a positive whole number of checkpoints. "
                f"Received: {keep!r}."
            )
        self._rundir = RunDir(workdir)
        self._fit: Callable[[], OneFit | None] = lambda: None
        self._has_trained = False

    def set_model(self, model: keras.Model) -> None:
        """Makes this the first callback, and another one of ours the last."""
        super().set_model(model)
        self._fit = lambda: None
        call = fit_call.running()
        if call is None:
            return
        if sum(isinstance(each, ExactResume) for each in call.callbacks) > 1:
            raise InputError(
                "Two ExactResume would restore the same model. Take one of "
                "them out of the callbacks."
            )
        call.callbacks.remove(self)
        every_steps = 0 if self.save_freq == "epoch" else self.save_freq
        last = OneFit(
            model,
            call,
            call.callbacks[:],
            self._rundir,
            every_steps,
            self.keep,
        )
        call.callbacks.insert(0, self)
        call.callbacks.append(last)
        # It ends with the `fit`, even if that fails.
        self._fit = weakref.ref(last)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Restores the variables."""
        fit = self._fit()
        if fit is None:
            raise InputError(
                "ExactResume must be in the list of callbacks of fit(): "
                "model.fit(..., callbacks=[ExactResume(workdir)])."
            )
        fit.prepare()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """No step of this epoch has been trained yet."""
        self._has_trained = False

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """From the first step on, Keras knows the metrics."""
        self._has_trained = True

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Adds the metrics of an epoch of which no step was left to train."""
        fit = self._fit()
        if fit is not None and logs is not None and not self._has_trained:
            for name, value in fit.restored_logs.items():
                logs.setdefault(name, value)


def _is_positive(value):
    return type(value) is int and value > 0
