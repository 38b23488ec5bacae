"""The examples of several runs, batch by batch for all of them."""

import tensorflow as tf

from ...layers.numerics.tracing import graph_of
from ..data import nested, pipeline
from .pools import pool_of


class Feed:
    """The data of runs that train together, in memory once or on the disk.

    Args:
        data: one `Data` per run, equal in shapes and numbers of examples.
            Runs may share theirs.
        seeds: of the runs' shuffles.
        batch_size: of the training.
        evaluation_batch_size: of validation and test.

    Attributes:
        steps: of an epoch.
        most: of how many steps `upcoming` can return batches at a time.
    """

    def __init__(self, data, seeds, batch_size, evaluation_batch_size):
        self._batch_size = batch_size
        self._evaluation_batch_size = evaluation_batch_size
        self.steps = pipeline.steps_per_epoch(data[0].train, batch_size)
        self._splits = {
            name: pool_of([getattr(each, name) for each in data])
            for name in ("train", "validation", "test")
        }
        self.most = self._splits["train"].most(batch_size, self.steps)
        self._seeds = list(dict.fromkeys(seeds))
        self._places = [self._seeds.index(seed) for seed in seeds]
        self._order = graph_of(self._ordered)

    def orders(self, epoch):
        """Returns the rows of an epoch's batches, `(runs, steps, batch)`.

        They are the examples that each run alone has there.
        """
        return self._order(tf.constant(epoch, tf.int64))

    def _ordered(self, epoch):
        orders = [
            pipeline.epoch_order(
                self._splits["train"].size, self._batch_size, seed, epoch
            )
            for seed in self._seeds
        ]
        return tf.gather(tf.stack(orders), self._places)

    def upcoming(self, orders, start, stop, length):
        """Returns what `batch_of` takes for some steps of an epoch.

        Args:
            orders: from `orders`.
            start, stop: the first of the steps, and the one behind the last.
            length: as many as there are in any call, at least, so that graphs
                see one shape.

        Returns:
            Tensors, and the number of the step that is their first.
        """
        return self._splits["train"].upcoming(orders, start, stop, length)

    def batch_of(self, upcoming, step):
        """Returns a batch as `batch` does, in a graph.

        Args:
            upcoming: from `upcoming`.
            step: the number of the step in it.
        """
        return self._splits["train"].batch_of(upcoming, step)

    def batch(self, split, rows):
        """Returns inputs, labels and weights, if any, `(runs, batch, ...)`.

        Args:
            split: `"train"`, `"validation"` or `"test"`.
            rows: integers within the split, `(runs, batch)`, or `(batch,)` for
                the same ones in all runs.
        """
        return self._splits[split].batch(rows)

    def evaluation_batches(self, split):
        """Yields every example of a split once, as `batch` returns them."""
        size = self._splits[split].size
        for start in range(0, size, self._evaluation_batch_size):
            stop = min(start + self._evaluation_batch_size, size)
            yield self.batch(split, tf.range(start, stop))


def batch_of_any_size(batch):
    """Returns the specs of a batch of all runs, `(runs, None, ...)`."""
    return nested.each(
        lambda x: tf.TensorSpec([x.shape[0], None, *x.shape[2:]], x.dtype),
        batch,
    )


def part_of(run, batch):
    """Returns a run's part of a batch of all runs."""
    return nested.each(lambda x: x[run], batch)
