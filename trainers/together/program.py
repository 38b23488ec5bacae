"""What the programs that train runs together have in common."""

import tensorflow as tf

from ..run.checkpointing.saved_state import SavedState
from ..run.state import variables_of


class Program:
    """Trains runs epoch by epoch, in calls of any number of steps.

    A subclass has `_train`, a `tf.function` of what `Feed.upcoming` returns, of
    the first step in it, the one behind the last, and of which runs train. It
    returns the one behind the last that it took, and name of a metric -> means
    after each step, `(most, runs)`.

    Args:
        feed: the `Feed` of the runs.
        check_every: after how many steps it is looked whether a run has
            diverged.

    Attributes:
        most: how many steps a call of `train` may take.
    """

    def __init__(self, feed, check_every):
        self._feed = feed
        self.check_every = check_every
        self.most = max(feed.most // check_every, 1) * check_every
        self._saved_states = {}

    @property
    def steps(self):
        """The number of steps of an epoch."""
        return self._feed.steps

    def orders(self, epoch):
        """Returns what `train` takes for an epoch."""
        return self._feed.orders(epoch)

    def saved_state(self, model):
        """Returns the `SavedState` of a model that `holding` has yielded."""
        found = self._saved_states.get(id(model))
        if found is None:
            found = SavedState(variables_of(model))
            self._saved_states[id(model)] = found
        return found

    def file_of(self, model):
        """Returns what has the `save` of a model that `holding` has yielded."""
        return model

    def _take_steps(self, orders, start, stop, alive):
        """Calls `_train`; returns the means after the steps that it took."""
        upcoming, first = self._upcoming(orders, start, stop)
        start, stop = start - first, stop - first
        arguments = map(tf.constant, (start, stop, alive))
        end, running = self._train(upcoming, *arguments)
        # In the order of Keras' own logs.
        return {k: running[k].numpy()[start:end] for k in sorted(running)}

    def _upcoming(self, orders, start, stop):
        return self._feed.upcoming(orders, start, stop, self.most)
