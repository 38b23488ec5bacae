"""What Keras' `fit` does not tell its callbacks.

The only file that knows how `fit` works inside: its list of callbacks, its
data, and the loop over an epoch's batches. None of it can be had in a public
way.
"""

import dataclasses
import inspect
from typing import Any

import keras

from ..common.errors import InputError

#: What this file needs of the object that gives `fit` its batches.
_PARTS = (
    "_current_iterator",
    "_distributed_dataset",
    "_enumerate_iterator",
    "catch_stop_iteration",
    "data_adapter",
    "num_batches",
    "steps_per_execution",
)


@dataclasses.dataclass(frozen=True)
class FitCall:
    """A `fit` that is about to begin.

    Attributes:
        callbacks: the list of all its callbacks, Keras' own included. What is
            added to it while it is gone through is called as well.
        batches: yields the first step, the last step and the iterator of each
            call of the train function in one epoch, each time it is iterated.
            It reads no data itself.
        data: `x` of the call.
        shuffle, steps_per_epoch, initial_epoch: of the call.
    """

    callbacks: list
    batches: Any
    data: Any
    shuffle: Any
    steps_per_epoch: int | None
    initial_epoch: int

    @property
    def adapter(self):
        """The name of the class by which Keras reads the data."""
        return type(self.batches.data_adapter).__name__

    @property
    def element_spec(self):
        """Structure of the specs of a batch."""
        return self.batches._distributed_dataset.element_spec

    @property
    def steps(self):
        """Steps of an epoch, or None: only its end will tell."""
        return self.batches.num_batches

    def current_iterator(self):
        """Returns the iterator that the next epoch may go on with, or None."""
        return self.batches._current_iterator

    def drop_leftovers(self):
        """Drops what the workers of a `PyDataset` have read and nobody took."""
        if enqueuer := getattr(self.batches.data_adapter, "enqueuer", None):
            enqueuer.ready_queue.queue.clear()

    def change_next_epoch(self, change):
        """Changes what the next iteration of `batches` yields.

        Args:
            change: generator function of the iterable of what it would yield.
        """
        batches = self.batches
        original = batches._enumerate_iterator

        def changed():
            del batches._enumerate_iterator  # of this object alone
            yield from change(original())

        batches._enumerate_iterator = changed


def start_at(model, epoch):
    """Sets the epoch that a `fit` begins with; None: what its call says."""
    model._initial_epoch = epoch


def running():
    """Returns the `FitCall` that is being prepared, or None if there is none.

    Raises:
        InputError: this version of Keras works otherwise.
    """
    callbacks = None
    frame = inspect.currentframe()
    while frame := frame.f_back:
        names = frame.f_locals
        if isinstance(names.get("self"), keras.callbacks.CallbackList):
            callbacks = names["self"].callbacks
        elif callbacks is None:
            continue
        elif isinstance(names.get("self"), keras.Model):
            if frame.f_code.co_name == "fit":
                return _call(callbacks, names)
            return None  # `evaluate` or `predict`
    return None


def _call(callbacks, names):
    batches = names.get("epoch_iterator")
    model = names["self"]
    missing = [part for part in _PARTS if not hasattr(batches, part)]
    if missing or not hasattr(model, "_initial_epoch"):
        raise InputError(
            f"ExactResume cannot work with Keras {keras.__version__}, whose "
            f"`fit` has no {', '.join(missing) or '_initial_epoch'}. It is "
            "tested with Keras 3.15 on TensorFlow."
        )
    return FitCall(
        callbacks,
        batches,
        names["x"],
        names["shuffle"],
        names["steps_per_epoch"],
        names["initial_epoch"],
    )
