"""One `fit` that continues where an interrupted one was."""

import contextlib
import types
import weakref
from typing import ClassVar

import keras
import numpy as np

from ..cluster.broadcast import SharedRequests
from ..common import signals
from ..common.errors import InputError
from ..common.provenance import provenance
from ..run.checkpointing.checkpoints import Checkpoints
from ..run.checkpointing.saved_state import SavedState
from ..run.saving import Saver
from ..run.state import (
    build_state,
    has_all_variables,
    steps_of,
    variables_of,
)
from . import fit_call
from .callback_states import CallbackStates
from .described import described
from .first_batch import FirstBatch
from .fit_progress import FitProgress
from .plain import decode, encode
from .position import Position
from .randomness import set_surroundings, surroundings
from .requirements import check


class OneFit(keras.callbacks.Callback):
    """Restores a `fit` and saves it; Keras calls it after all other callbacks.

    Args:
        model: that is trained.
        call: the `FitCall`.
        callbacks: those whose state is saved.
        rundir: the `RunDir`.
        every_steps: steps between two saves; 0: it is saved after each epoch.
        keep: how many of the last checkpoints stay.

    Attributes:
        close: function that gives back the folder and the signals' handlers.
        progress: the `FitProgress`.
        restored_logs: metrics in the middle of an epoch, as they were restored.
    """

    # Folder -> the `fit` that holds it. A notebook keeps the frames of one that
    # has failed, and with them the lock.
    _holders: ClassVar = weakref.WeakValueDictionary()

    def __init__(self, model, call, callbacks, rundir, every_steps, keep):
        super().__init__()
        self.call = call
        self.rundir = rundir
        self.every_steps = every_steps
        self.keep = keep
        self.progress = FitProgress(epoch=call.initial_epoch)
        self._states = CallbackStates(callbacks)
        self._first_batch = FirstBatch(model)
        self._position = Position(call, self._first_batch.compare)
        self.restored_logs = {}
        self._resumes = False
        contexts = contextlib.ExitStack()
        self._contexts = contexts
        # An error in another callback ends `fit` without a word.
        self.close = weakref.finalize(self, contexts.close)

    def prepare(self):
        """Restores the variables, before any other callback begins.

        Raises:
            InputError: the call cannot be resumed, or not in this workdir.
        """
        check(self.model, self.call)
        folder = self.rundir.path.absolute()
        if left := self._holders.get(folder):
            left.close()
        self._holders[folder] = self
        with self._closed_by_errors():
            self._config = described(
                self.model, self.call, self.params["epochs"]
            )
            # A second `fit` of one process may begin with another rate.
            self._apart = ("optimizer",) if steps_of(self.model) else ()
            self.rundir.check(self._config, self._apart)
            self._contexts.enter_context(self.rundir.held())
            stop = self._contexts.enter_context(signals.catch())
            self._build()
            self._checkpoints = Checkpoints(
                self.rundir.path / "checkpoints",
                SavedState(variables_of(self.model, averages=True)),
                self.keep,
                FitProgress.from_json,
            )
            if progress := self._checkpoints.restore():
                self.progress, self._resumes = progress, True
                self.progress.start_clock()
                self._first_batch.digest = progress.first_batch
                self._states.prepare(progress.callbacks)
            else:
                self._start_rundir()
            self._saver = self._make_saver(stop)

    def _start_rundir(self):
        self.rundir.start(self._config, provenance(), self._apart)

    def _build(self):
        if has_all_variables(self.model):
            return
        try:
            build_state(self.model, self.call.element_spec)
        except Exception as error:  # of a user's own layers: of any kind
            raise InputError(
                "ExactResume needs all variables before the first step, and "
                f"the model could not be built without data: {error} Build "
                "the model and its optimizer before fit(), for example by "
                "model.build(shape) and "
                "model.optimizer.build(model.trainable_variables)."
            ) from error

    def _make_saver(self, stop):
        settings = types.SimpleNamespace(
            epochs=self.params["epochs"],
            checkpoint=types.SimpleNamespace(
                every_steps=self.every_steps,
                every_seconds=0,
                best="",
                best_mode="max",
            ),
        )
        saver = Saver(
            self._checkpoints,
            self.progress,
            settings,
            self.call.steps,
            stop,
            SharedRequests(self.model.distribute_strategy),
            self._note,
            each_epoch=not self.every_steps,
        )
        saver.set_model(self.model)
        return saver

    def _note(self):
        self.progress.callbacks = self._states.save()
        self.progress.first_batch = self._first_batch.digest

    @contextlib.contextmanager
    def _closed_by_errors(self):
        try:
            yield
        except BaseException:
            fit_call.start_at(self.model, None)
            self._first_batch.stop()
            self.close()
            raise

    def on_train_begin(self, logs=None):
        """Takes callbacks and data to where they were, after all have begun."""
        with self._closed_by_errors():
            if self._resumes:
                self._continue()
                self._start_rundir()  # now that nothing is refused any more
            self._states.watch()
        self._first_batch.watch()

    def _continue(self):
        progress, epochs = self.progress, self.params["epochs"]
        self._states.tell_changes(progress.callbacks)
        self._states.load(progress.callbacks)
        if progress.ended or progress.epoch >= epochs:
            fit_call.start_at(self.model, epochs)
            self._surround(progress.between)  # for what the script does next
            return
        fit_call.start_at(self.model, progress.epoch)
        if progress.batch:
            self._position.pass_epochs(progress.finished)
            return
        *earlier, last = progress.finished
        self._position.pass_epochs(earlier)
        self._surround(progress.began)
        self._position.pass_epochs([last], look=True)
        self._surround(progress.between)

    def _surround(self, encoded):
        set_surroundings(decode(encoded), self.call.data)

    def _surroundings(self):
        found = surroundings(self.call.data)
        return encode(found, "What the data's state_dict() returns")

    def on_epoch_begin(self, epoch, logs=None):
        """Goes to the step in the epoch, or notes that one begins."""
        fit_call.start_at(self.model, None)
        progress = self.progress
        if self._resumes and progress.batch:
            # Keras has reset the metrics, and callbacks have begun the epoch
            # once more.
            self._checkpoints.restore()
            self._states.load(progress.callbacks)
            self._surround(progress.began)
            found = self.model.get_metrics_result().items()
            self.restored_logs = {
                name: float(value)
                for name, value in found
                if not np.ndim(value)
            }
        else:
            progress.began = self._surroundings()
            progress.between = None
            self._first_batch.await_epoch()
        if self._resumes:
            self._position.begin_at(progress.batch)
        self._resumes = False
        self._is_open = False
        self._calls = 0
        self._saver.steps_per_epoch = self._steps_of_epoch()

    def _steps_of_epoch(self):
        """Returns the steps of an epoch, or None in the first if not known."""
        if self.progress.finished and self.params["steps"] is None:
            calls, ran_out = self.progress.finished[-1]
            return (calls - ran_out) * self.model.steps_per_execution
        return self.call.steps

    def on_train_batch_begin(self, batch, logs=None):
        """Counts calls, of which the last one may find no data."""
        self._is_open = True
        self._calls = batch // self.model.steps_per_execution + 1

    def on_train_batch_end(self, batch, logs=None):
        """Counts the steps, and saves if that is due."""
        self._is_open = False
        progress = self.progress
        progress.step += batch + 1 - progress.batch
        progress.batch = batch + 1
        with self._closed_by_errors():
            self._saver.on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        """Notes the end of the epoch, and saves if that is due."""
        self.progress.finished.append([self._calls, self._is_open])
        self.progress.between = self._surroundings()
        with self._closed_by_errors():
            self._saver.on_epoch_end(epoch, logs)

    def on_train_end(self, logs=None):
        """Marks the run as finished."""
        fit_call.start_at(self.model, None)
        self._first_batch.stop()
        progress = self.progress
        result = {
            "status": "finished",
            "epochs": progress.epoch,
            "steps": progress.step,
            "logs": progress.logs,
        }
        with self._closed_by_errors():
            self.rundir.finish(result)
        self.close()
