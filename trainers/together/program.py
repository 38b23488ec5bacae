"""What the programs that train runs together have in common."""

import tensorflow as tf


class Program:
    """Trains runs epoch by epoch, in calls of any number of steps.

    A subclass has `_train`, a `tf.function` of the orders of an epoch, of the
    first step, the one behind the last, and of which runs train. It returns
    the one behind the last that it took, and name of a metric -> means after
    each step of an epoch, `(steps, runs)`.

    Args:
        feed: the `Feed` of the runs.
        check_every: after how many steps it is looked whether a run has
            diverged.
    """

    def __init__(self, feed, check_every):
        self._feed = feed
        self.check_every = check_every

    @property
    def steps(self):
        """The number of steps of an epoch."""
        return self._feed.steps

    def orders(self, epoch):
        """Returns what `train` takes for an epoch."""
        return self._feed.orders(epoch)

    def _take_steps(self, orders, start, stop, alive):
        """Calls `_train`; returns the means after the steps that it took."""
        arguments = map(tf.constant, (start, stop, alive))
        end, running = self._train(orders, *arguments)
        # In the order of Keras' own logs.
        return {k: running[k].numpy()[start:end] for k in sorted(running)}
