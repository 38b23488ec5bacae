"""The examples of several runs, batch by batch for all of them."""

import numpy as np
import tensorflow as tf

from ...layers.numerics.tracing import graph_of
from ..data import nested, pipeline


class Feed:
    """The data of runs that train together, in memory once.

    Args:
        data: one `Data` per run, equal in shapes and numbers of examples.
            Runs may share theirs.
        seeds: of the runs' shuffles.
        batch_size: of the training.
        evaluation_batch_size: of validation and test.
    """

    def __init__(self, data, seeds, batch_size, evaluation_batch_size):
        self._batch_size = batch_size
        self._evaluation_batch_size = evaluation_batch_size
        self.steps = pipeline.steps_per_epoch(data[0].train, batch_size)
        self._splits = {
            name: _Pool([getattr(each, name) for each in data])
            for name in ("train", "validation", "test")
        }
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

    def batch(self, split, rows):
        """Returns inputs, labels and weights, if any, `(runs, batch, ...)`.

        Args:
            split: `"train"`, `"validation"` or `"test"`.
            rows: integers within the split, `(runs, batch)`, or `(batch,)` for
                the same ones in all runs.
        """
        return self._splits[split].gather(rows)

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


class _Pool:
    """A split of several runs; what runs share is there once."""

    def __init__(self, splits):
        unique = {id(each.inputs): each for each in splits}
        begins = np.cumsum([0, *(x.count for x in unique.values())])
        begin = dict(zip(unique, begins[:-1], strict=True))
        self.size, self._prepare = splits[0].count, splits[0].prepare
        self._begins = tf.constant(
            [[begin[id(each.inputs)]] for each in splits], tf.int64
        )
        self._arrays = nested.each(
            lambda *arrays: tf.constant(np.concatenate(arrays)),
            *(each.batch for each in unique.values()),
        )

    def gather(self, rows):
        rows = self._begins + tf.cast(rows, tf.int64)
        inputs, *others = nested.each(
            lambda x: tf.gather(x, rows), self._arrays
        )
        return nested.each(self._prepare, inputs), *others
