"""Batches of what a model is called on, without labels."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class StackedBatches:
    """Batches of one size in memory, which one call of a graph reads.

    Iterated over, it yields what the model is called on.

    Attributes:
        inputs: an array or tensor, `(batches, batch, ...)`, or a structure of
            several.
        prepare: function of a batch of one of them, a tensor, that returns
            what the model is called on.
    """

    inputs: Any
    prepare: Callable

    def __len__(self):
        return keras.tree.flatten(self.inputs)[0].shape[0]

    def __iter__(self):
        return map(self.batch, range(len(self)))

    def batch(self, i):
        """Returns what the model is called on; `i` may be a tensor."""
        return keras.tree.map_structure(
            lambda x: self.prepare(tf.convert_to_tensor(x)[i]), self.inputs
        )


def all_batches(dataset, batch_size):
    """Returns a finite data set of what the model is called on."""
    if not isinstance(dataset, tf.data.Dataset):
        dataset = _slices(dataset).batch(batch_size)
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            "Population statistics need a finite data set. Received an "
            "infinite one. Take an epoch of it: `dataset.take(steps)`."
        )
    # Labels and weights stand behind x in a tuple, as in `fit`.
    return dataset.map(lambda x, *_: x).prefetch(tf.data.AUTOTUNE)


def _slices(arrays):
    leaves = keras.tree.flatten(arrays)
    if not leaves or not all(hasattr(leaf, "shape") for leaf in leaves):
        raise TypeError(
            "The data is read several times, so it must be a `tf.data.Dataset` "
            f"or arrays. Received: {type(arrays).__name__}."
        )
    # A list would be stacked into one array.
    arrays = tuple(arrays) if isinstance(arrays, list) else arrays
    return tf.data.Dataset.from_tensor_slices((arrays,))


def first(dataset):
    """Returns the first batch."""
    for x in dataset:
        return x
    raise no_population()


def no_population():
    """Returns the error of a data set without batches."""
    return ValueError(
        "The data set is empty, so there are no statistics to estimate."
    )
