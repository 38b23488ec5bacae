"""One `fit` that continues where an interrupted one was."""

import contextlib
import functools
import json
import types
import weakref
from typing import ClassVar

import keras

from ..cluster.broadcast import SharedRequests
from ..common import signals
from ..common.errors import InputError, writing
from ..common.provenance import provenance
from ..inspection.batches import Watched, unwatched
from ..run.checkpoints import Checkpoints
from ..run.saving import Saver
from ..run.state import (
    build_state,
    has_all_variables,
    steps_of,
    variables_of,
)
from . import fit_call
from .callback_states import CallbackStates
from .fit_progress import FitProgress
from .plain import decode, encode
from .position import Position, digest_of
from .randomness import set_surroundings, surroundings
from .requirements import check


class OneFit(keras.callbacks.Callback):
    """Restores a `fit` and saves it; Keras calls it after all other callbacks.

    Args:
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

    def __init__(self, call, callbacks, rundir, every_steps, keep):
        super().__init__()
        self.call = call
        self.rundir = rundir
        self.every_steps = every_steps
        self.keep = keep
        self.progress = FitProgress(epoch=call.initial_epoch)
        self._states = CallbackStates(callbacks)
        self._position = Position(call, self._compare)
        self.restored_logs = {}
        self._watched = None
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
            self._contexts.enter_context(self.rundir.held())
            stop = self._contexts.enter_context(signals.catch())
            self.rundir.check(self._config, self._apart)
            self._build()
            self._checkpoints = Checkpoints(
                self.rundir.path / "checkpoints",
                variables_of(self.model, averages=True),
                self.keep,
                FitProgress.from_json,
            )
            if progress := self._checkpoints.restore():
                self.progress, self._resumes = progress, True
                self.progress.start_clock()
                self._states.prepare(progress.callbacks)
            else:
                self._start_rundir()
            self._saver = self._make_saver(stop)

    @functools.cached_property
    def _config(self):
        return {
            "epochs": self.params["epochs"],
            "steps_per_epoch": self.call.steps,
            "steps_per_execution": self.model.steps_per_execution,
            "optimizer": _described(self.model.optimizer),
        }

    @functools.cached_property
    def _apart(self):
        # A second `fit` of one process may begin with another learning rate.
        return ("optimizer",) if steps_of(self.model) else ()

    def _start_rundir(self):
        with writing(f"The workdir {self.rundir.path}", ""):
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

    @contextlib.contextmanager
    def _closed_by_errors(self):
        try:
            yield
        except BaseException:
            if self._watched is not None:
                self._watched.stop()
            self.close()
            raise

    def on_train_begin(self, logs=None):
        """Takes callbacks and data to where they were, after all have begun."""
        with self._closed_by_errors():
            if self._resumes:
                self._continue()
                self._start_rundir()  # now that nothing is refused any more
            self._states.watch()
        self._looks = False
        self.model.train_function = self._watched = Watched(
            unwatched(self.model.train_function),
            self.model.steps_per_execution,
            self.model.distribute_strategy,
            self._is_first,
            self._keep_digest,
            lambda: None,
        )

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

    def _compare(self, batch):
        """Compares the first batch of an epoch with what it was."""
        known = self.progress.first_batch
        if known is not None and digest_of(batch) != known:
            raise InputError(
                "The data does not come in the order that it had for the "
                f"interrupted run in {self.rundir.path}: the first batch of "
                "its last epoch is another one. A dataset of your own that "
                "changes from epoch to epoch needs state_dict() and "
                "load_state_dict(state); code that draws random numbers needs "
                "a seed. If the data has changed, name another workdir to "
                "start from the beginning."
            )

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
            self._looks = False
            found = self.model.get_metrics_result()
            self.restored_logs = {k: float(v) for k, v in found.items()}
        else:
            progress.began = self._surroundings()
            progress.first_batch = progress.between = None
            # Batches of several replicas cannot be passed on without a change
            # in the last bits: Keras trains with them by another function.
            self._looks = self._replicas == 1
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

    @property
    def _replicas(self):
        return self.model.distribute_strategy.num_replicas_in_sync

    def _is_first(self):
        looks, self._looks = self._looks, False
        return looks

    def _keep_digest(self, batch):
        self.progress.first_batch = digest_of(batch)

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
        self._watched.stop()
        self.model.train_function = unwatched(self.model.train_function)
        progress = self.progress
        result = {
            "status": "finished",
            "epochs": progress.epoch,
            "steps": progress.step,
            "logs": progress.logs,
        }
        with self._closed_by_errors():
            saved = f"The checkpoint of step {progress.step} is intact"
            with writing(f"The result in {self.rundir.path}", saved):
                self.rundir.finish(result)
        self.close()


def _described(optimizer):
    """Returns what an optimizer does, JSON-ready, or None if there is none."""
    if optimizer is None:
        return None
    described = {"class_name": type(optimizer).__name__}
    try:
        config = keras.saving.serialize_keras_object(optimizer)["config"]
        json.dumps(config)
    except (NotImplementedError, TypeError, ValueError):
        return described  # of a class without a config
    return {**described, "config": _unnamed(config)}


def _unnamed(config):
    """Leaves out the names, which Keras numbers in each process."""
    if not isinstance(config, dict):
        return config
    return {k: _unnamed(v) for k, v in config.items() if k != "name"}
