"""Taking the data of a `fit` to where an interrupted one was.

An epoch's order may depend on how often the data was iterated before: each new
iterator of a shuffled `tf.data.Dataset` draws a seed. So the epochs that are
over are gone through once more, as `fit` does, without reading their batches.
"""

import warnings
import zlib

import keras
import tensorflow as tf

from ..common.errors import InputError


def digest_of(batch):
    """Returns a number that tells a batch from others, or None of no batch."""
    if batch is None:
        return None
    total = 0
    for tensor in tf.nest.flatten(batch, expand_composites=True):
        total = zlib.crc32(tf.io.serialize_tensor(tensor).numpy(), total)
    return total


class Position:
    """A place in the data of a `fit`, which moves forward only.

    Batches are read when they are needed: those in front of one that is looked
    at or trained with, in the same iterator.

    Args:
        call: the `FitCall`.
        look: function of the first batch of an epoch that is looked at.
    """

    def __init__(self, call, look):
        self._call = call
        self._look = look
        self._iterator, self._unread = None, 0

    def pass_epochs(self, finished, look=False):
        """Goes through epochs that are over.

        Args:
            finished: of each, the number of calls of the train function, and
                whether the data ran out in the last one.
            look: whether the first batch of the last one is looked at.
        """
        for left, (calls, ran_out) in enumerate(finished, 1 - len(finished)):
            looks = look and left == 0
            if isinstance(self._call.data, keras.utils.PyDataset) and not looks:
                # Its workers would begin to read.
                self._call.data.on_epoch_begin()
                self._call.data.on_epoch_end()
                continue
            with warnings.catch_warnings():
                # That its data ran out has been said.
                warnings.simplefilter("ignore")
                with self._call.batches.catch_stop_iteration():
                    self._pass_epoch(calls, ran_out, looks)
        if self._call.current_iterator() is not self._iterator:
            self._iterator = None  # its threads may draw random numbers
        self._call.drop_leftovers()

    def _pass_epoch(self, calls, ran_out, look):
        steps = self._call.batches.steps_per_execution
        for number, (_, _, iterator) in enumerate(self._call.batches, 1):
            if ran_out and number == calls:
                raise StopIteration
            self._skip(iterator, steps, look and number == 1)

    def begin_at(self, step):
        """Lets the next epoch of `fit` begin at a step.

        Args:
            step: of the epoch, from 0. Of steps in front of it, the first one's
                batch is looked at.
        """
        steps = self._call.batches.steps_per_execution

        def rest(calls):
            for first, last, iterator in calls:
                if first < step:
                    self._skip(iterator, steps, look=first == 0)
                    continue
                self._skip(iterator, 0)
                self._read()
                yield first, last, iterator

        self._call.change_next_epoch(rest)

    def _skip(self, iterator, steps, look=False):
        if iterator is not self._iterator:
            self._iterator, self._unread = iterator, 0
        if look:
            self._read()
            self._look(self._next())
            steps -= 1
        self._unread += steps

    def _read(self):
        while self._unread:
            self._next()
            self._unread -= 1

    def _next(self):
        try:
            return next(self._iterator)
        except (StopIteration, tf.errors.OutOfRangeError):
            raise InputError(
                "The data ends earlier than it did for the interrupted run. "
                "Train with the same data, or name another workdir to start "
                "from the beginning."
            ) from None
