"""From examples in memory to batches, shuffled by seed."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from . import nested
from .disk.rows import as_source, gathered
from .examples import prepared


class Part(NamedTuple):
    """Which share of each batch to make, for the replicas of one worker.

    Attributes:
        replicas: the number of equal shares of a batch.
        first: the first share that is wanted.
        count: the number of shares that are wanted, each a batch of its own.
    """

    replicas: int = 1
    first: int = 0
    count: int = 1


_WHOLE = Part()


def training_batches(
    examples, batch_size, epochs, seed, start=(0, 0), part=_WHOLE
):
    """Returns a `tf.data.Dataset` of all batches of all epochs.

    The order of an epoch is a function of the seed and the epoch alone, so
    every run with this seed sees the same batches. Each epoch drops the
    remainder that fills no batch.

    Args:
        examples: `Examples`.
        batch_size: examples in a batch, of all replicas together.
        epochs: number of epochs.
        seed: of the order.
        start: the epoch, from 0, and the batch in it that come first.
        part: the `Part` of each batch; its replicas divide `batch_size`.

    Returns:
        Batches `(inputs, labels)`: inputs as models see them, see `scaling`,
        and int64 labels; with weights `(inputs, labels, weights)`. There are
        `batch_size / replicas` examples in each. The shares
        of a batch follow each other.
    """
    count = examples.count
    steps = steps_per_epoch(examples, batch_size)

    def epoch_indices(epoch):
        order = epoch_order(count, batch_size, seed, epoch)
        shape = (steps, part.replicas, batch_size // part.replicas)
        rows = tf.reshape(order, shape)
        rows = rows[:, part.first : part.first + part.count]
        rows = tf.reshape(rows, (steps * part.count, shape[-1]))
        return tf.data.Dataset.from_tensor_slices(rows)

    epoch, batch = start
    indices = tf.data.Dataset.range(epoch, epochs).flat_map(epoch_indices)
    return _gather(examples, indices.skip(batch * part.count))


def epoch_order(count, batch_size, seed, epoch):
    """Returns the rows of all full batches of an epoch, `(steps, batch)`.

    Args:
        count: the number of examples.
        batch_size: examples in a batch.
        seed, epoch: what the order is a function of.
    """
    order = tf.random.experimental.stateless_shuffle(
        tf.range(count, dtype=tf.int64), seed=tf.stack([seed, epoch])
    )
    steps = count // batch_size
    return tf.reshape(order[: steps * batch_size], (steps, batch_size))


def evaluation_batches(examples, batch_size, part=_WHOLE):
    """Returns a `tf.data.Dataset` of every example once, in order.

    Args:
        examples: a split.
        batch_size: of all replicas together.
        part: the `Part` of each batch. Only the last batch has shares of
            different size; they may be empty.
    """
    count, replicas = examples.count, part.replicas
    # Keras builds a model from the first batch, so that one is even.
    even = max(min(batch_size, count) // replicas, 1) * replicas
    starts = np.arange(0, count, even)[:, np.newaxis]
    sizes = np.minimum(count - starts, even)
    cuts = starts + sizes * np.arange(replicas + 1) // replicas
    ranges = np.stack([cuts[:, :-1], cuts[:, 1:]], -1)
    ranges = ranges[:, part.first : part.first + part.count].reshape(-1, 2)
    indices = tf.data.Dataset.from_tensor_slices(ranges)
    return _gather(examples, indices.map(lambda r: tf.range(r[0], r[1])))


def read_in_order(examples, batch_size):
    """Yields what `evaluation_batches` holds, read at once.

    To make a pipeline takes a tenth of a second: of a few batches that is most
    of the time.
    """
    read = _reader(examples)
    for start in range(0, examples.count, batch_size):
        yield read(tf.range(start, min(start + batch_size, examples.count)))


def steps_per_epoch(examples, batch_size):
    """Returns the number of full batches in one pass over the examples."""
    return examples.count // batch_size


def batch_specs(examples, batch_size):
    """Returns what the `element_spec` of `training_batches` is.

    One example tells it; to make the pipeline takes a tenth of a second.
    """
    first = nested.each(lambda x: as_source(x[:1]), examples.batch)
    batch = prepared(examples.prepare, first)
    return nested.each(
        lambda x: tf.TensorSpec([batch_size, *x.shape[1:]], x.dtype), batch
    )


def _gather(examples, indices):
    read = _reader(examples)
    dataset = indices.map(read, num_parallel_calls=tf.data.AUTOTUNE)
    return untuned(dataset.prefetch(tf.data.AUTOTUNE))


def _reader(examples):
    """Returns a function of rows that returns a batch."""
    sources = nested.each(as_source, examples.batch)

    def read(rows):
        found = nested.each(lambda x: gathered(x, rows), sources)
        return prepared(examples.prepare, found)

    return read


def untuned(dataset):
    """Returns a dataset that tf.data does not tune while it is read.

    The thread that tunes sleeps for longer and longer, up to a minute, and may
    miss that it is no longer wanted: whoever is done with the data waits.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
