"""A split of runs that train together, and batches of it for all of them."""

import numpy as np
import tensorflow as tf

from ..data import nested
from ..data.disk.pieces import BYTES
from ..data.examples import prepared


def pool_of(splits):
    """Returns the pool of a split of several runs.

    Args:
        splits: `Examples` of each run, equal in shapes and numbers.
    """
    on_disk = any(each.is_on_disk for each in splits)
    return _OnDisk(splits) if on_disk else _InMemory(splits)


class _InMemory:
    """What runs share is in memory once, and batches are made in graphs."""

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

    def most(self, batch_size, steps):
        """Returns of how many steps `upcoming` can return batches."""
        del batch_size
        return steps

    def upcoming(self, orders, start, stop, length):
        """Returns the rows of all steps, as of `Feed.upcoming`."""
        del start, stop, length
        return orders, 0

    def batch_of(self, upcoming, step):
        """Returns a batch, as of `Feed.batch_of`."""
        return self.batch(upcoming[:, step])

    def batch(self, rows):
        """Returns a batch, as of `Feed.batch`."""
        rows = self._begins + tf.cast(rows, tf.int64)
        batch = nested.each(lambda x: tf.gather(x, rows), self._arrays)
        return prepared(self._prepare, batch)


class _OnDisk:
    """Batches are read before a graph is called, which takes them."""

    def __init__(self, splits):
        self.size, self._prepare = splits[0].count, splits[0].prepare
        self._batches = [each.batch for each in splits]

    def most(self, batch_size, steps):
        """Returns of how many steps `upcoming` can return batches."""
        arrays = nested.leaves(self._batches)
        size = sum(batch_size * x.nbytes // len(x) for x in arrays)
        return min(max(BYTES // max(size, 1), 1), steps)

    def upcoming(self, orders, start, stop, length):
        """Reads the batches of some steps, as of `Feed.upcoming`."""
        rows = np.asarray(orders[:, start:stop])
        return self._read(rows, length), start

    def batch_of(self, upcoming, step):
        """Returns a batch, as of `Feed.batch_of`."""
        batch = nested.each(lambda x: x[:, step], upcoming)
        return prepared(self._prepare, batch)

    def batch(self, rows):
        """Returns a batch, as of `Feed.batch`."""
        runs = len(self._batches)
        rows = np.broadcast_to(rows, (runs, rows.shape[-1]))
        return prepared(self._prepare, self._read(rows, rows.shape[-1]))

    def _read(self, rows, length):
        """Returns the examples in rows of each run.

        Args:
            rows: integers, `(runs, length or fewer, ...)`.
            length: of the second axis of the results.
        """

        def read(*arrays):
            shape = len(rows), length, *rows.shape[2:], *arrays[0].shape[1:]
            found = np.zeros(shape, arrays[0].dtype)
            for run, array in enumerate(arrays):
                found[run, : rows.shape[1]] = array[rows[run]]
            return tf.constant(found)

        return nested.each(read, *self._batches)
