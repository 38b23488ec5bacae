"""What callbacks remember from one epoch to the next."""

import collections
import contextlib
import json
import os

import keras
from absl import logging

from ..common.errors import InputError, writing
from ..inspection.norm_statistics import NormStatistics
from ..inspection.profile_steps import ProfileSteps
from .plain import decode, encode

_KERAS = keras.callbacks
#: Class -> the attributes that hold its state. Those that are constants, or
#: that are set when training begins, are left out.
KNOWN = {
    _KERAS.CSVLogger: ("keys",),
    _KERAS.EarlyStopping: (
        "best",
        "best_epoch",
        "best_weights",
        "stopped_epoch",
        "wait",
    ),
    _KERAS.History: ("epoch", "history"),
    _KERAS.LambdaCallback: (),
    _KERAS.LearningRateScheduler: (),
    _KERAS.ModelCheckpoint: (
        "best",
        "_batches_seen_since_last_saving",
        "_last_batch_seen",
    ),
    _KERAS.ProgbarLogger: (),
    _KERAS.ReduceLROnPlateau: ("best", "cooldown_counter", "wait"),
    _KERAS.RemoteMonitor: (),
    _KERAS.SwapEMAWeights: ("_ema_weights_in_model",),
    _KERAS.TensorBoard: (
        "_global_test_batch",
        "_global_train_batch",
        "_previous_epoch_iterations",
    ),
    _KERAS.TerminateOnNaN: (),
    NormStatistics: (),
    ProfileSteps: (),
}
#: What `fit` gives to each callback.
_GIVEN = {"_model", "model", "params", "validation_data"}
_SIZE = "size of the file"


class CallbackStates:
    """The states of a `fit`'s callbacks.

    A callback's own `state_dict()` and `load_state_dict(state)` are used if it
    has them; of Keras' and of ours it is known what they remember.

    Args:
        callbacks: list of them.

    Raises:
        InputError: one of them resumes training itself.
    """

    def __init__(self, callbacks):
        for callback in callbacks:
            if isinstance(callback, _KERAS.BackupAndRestore):
                raise InputError(
                    "BackupAndRestore and ExactResume would both restore the "
                    "model. Take BackupAndRestore out of the callbacks."
                )
        self._named = _named(callbacks)
        self._at_start = {}

    def prepare(self, held):
        """Takes files back to a state, before the callbacks open them.

        Args:
            held: what `save` has returned.
        """
        for name, callback in self._named.items():
            if isinstance(callback, _KERAS.CSVLogger) and name in held:
                callback.append = True
                size = decode(held[name])[_SIZE]
                if size < _size(callback.filename):
                    with writing(f"The file {callback.filename}"):
                        os.truncate(callback.filename, size)

    def tell_changes(self, held):
        """Says which callbacks only one of two runs has.

        Args:
            held: what `save` has returned in the other one.
        """
        for name in sorted(held.keys() ^ self._named.keys()):
            logging.warning(
                "ExactResume: only %s has the callback %s, so the end may "
                "differ from that of a run without the interruption.",
                "the interrupted run" if name in held else "this run",
                name,
            )

    def load(self, held):
        """Sets the states of all callbacks.

        Args:
            held: what `save` has returned.
        """
        for name, callback in self._named.items():
            if name in held:
                _load(callback, decode(held[name]))

    def save(self):
        """Returns name of a callback -> its encoded state."""
        self._tell_hidden()
        return {
            name: encode(_state(callback), f"The state of {name}")
            for name, callback in self._named.items()
        }

    def watch(self):
        """Notes what callbacks hold now, to tell later what has changed."""
        self._at_start = {
            name: _unknown(callback) for name, callback in self._named.items()
        }

    def _tell_hidden(self):
        """Says once which callbacks remember what is not saved."""
        for name, before in list(self._at_start.items()):
            now = _unknown(self._named[name])
            changed = sorted(x for x in now if now[x] != before.get(x))
            if changed:
                del self._at_start[name]
                logging.warning(
                    "ExactResume: the state of the callback %s is not saved: "
                    "%s changed while training. If the callback needs that, "
                    "give it state_dict() and load_state_dict(state).",
                    name,
                    ", ".join(changed),
                )


def _named(callbacks):
    """Returns unique name -> callback, the same ones in each process."""
    found, counts = {}, collections.Counter()
    for callback in callbacks:
        kind = type(callback).__qualname__
        counts[kind] += 1
        if kind != _KERAS.ProgbarLogger.__qualname__:  # `verbose` adds it
            found[f"{kind} {counts[kind]}"] = callback
    return found


def _known(callback):
    for kind in type(callback).__mro__:
        if kind in KNOWN:
            return KNOWN[kind]
    return ()


def _state(callback):
    if hasattr(callback, "state_dict"):
        return callback.state_dict()
    # Another version of Keras may lack one.
    names = [name for name in _known(callback) if hasattr(callback, name)]
    held = {name: getattr(callback, name) for name in names}
    if isinstance(callback, _KERAS.CSVLogger):
        held[_SIZE] = _size(callback.filename)
    return held


def _load(callback, state):
    if hasattr(callback, "load_state_dict"):
        callback.load_state_dict(state)
        return
    state.pop(_SIZE, None)
    for name, value in state.items():
        setattr(callback, name, value)


def _size(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def _unknown(callback):
    """Returns attribute -> its contents, of plain ones that are not saved."""
    if hasattr(callback, "state_dict") or type(callback) in KNOWN:
        return {}
    known = _GIVEN | set(_known(callback))
    found = {}
    for name, value in vars(callback).items():
        kinds = (bool, int, float, str, bytes, list, tuple, dict, set)
        if name not in known and isinstance(value, (*kinds, type(None))):
            # What cannot be saved cannot be asked for, either.
            with contextlib.suppress(InputError):
                # As text, of which a NaN is equal to itself.
                found[name] = json.dumps(encode(value, name))
    return found
