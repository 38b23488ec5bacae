"""What the norms of a model are given, seen once for all checks."""

import dataclasses
import functools

import keras
import numpy as np
import tensorflow as tf

from ..models.batch_norms import is_batch_norm
from ..models.call_hooks import tapped
from ..models.graph import Graph
from ..models.kinds import is_graph
from ..models.norm_paths import norm_paths

#: As many are looked at, at most.
EXAMPLES = 1024


@dataclasses.dataclass(frozen=True)
class Seen:
    """The inputs of a batch norm in inference mode, by channel.

    Attributes:
        mean, variance: over all batches, `(channels,)`.
        means: of each batch, `(batches, channels)`.
        largest: absolute value.
    """

    mean: np.ndarray
    variance: np.ndarray
    means: np.ndarray
    largest: float


class Evidence:
    """A model, the data and what its norms see of them.

    Args:
        model: a Keras model.
        inputs: an array, or a structure of arrays that the model takes.
        labels: of the inputs, or None.
        batch_size: of the batches that statistics are taken over.
    """

    def __init__(self, model, inputs, labels, batch_size):
        self.model = model
        take = functools.partial(keras.tree.map_structure, _first)
        self.inputs, self.labels = take(inputs), take(labels)
        self.batch_size = batch_size
        self.size = len(keras.tree.flatten(self.inputs)[0])

    @functools.cached_property
    def graph(self):
        """The `Graph`, or None of a model with a `call` of its own."""
        if is_graph(self.model):
            return Graph(self.model)
        return None

    @functools.cached_property
    def norms(self):
        """Norm -> its path, of all norms at any depth."""
        return norm_paths(self.model, self.graph)

    @functools.cached_property
    def batch_norms(self):
        """The same of batch norms that have been built."""
        found = self.norms.items()
        return {k: v for k, v in found if is_batch_norm(k) and k.built}

    @functools.cached_property
    def seen(self):
        """Batch norm -> what it has `Seen`, of those that are called."""
        given = {norm: [] for norm in self.batch_norms}

        def tap(norm, call, inputs, mask):
            given[norm].append(_moments(norm, inputs, mask))
            return call(inputs, training=False, mask=mask)

        with tapped(list(given), tap):
            for batch in self.batches():
                self.model(batch, training=False)
        return {norm: _pooled(some) for norm, some in given.items() if some}

    def batches(self):
        """Yields full batches of the inputs, or the one that there is."""
        size = min(self.batch_size, self.size)
        for start in range(0, self.size - size + 1, size):
            yield keras.tree.map_structure(
                lambda x, start=start: tf.convert_to_tensor(
                    x[start : start + size]
                ),
                self.inputs,
            )


def _first(values):
    return None if values is None else np.asarray(values)[:EXAMPLES]


def _moments(norm, inputs, mask):
    """Returns mean, mean square, largest value and number of positions."""
    x = np.moveaxis(np.asarray(tf.cast(inputs, tf.float64)), norm.axis, -1)
    if mask is not None:
        x = x[np.asarray(mask, bool)]
    x = x.reshape(-1, x.shape[-1])
    largest = np.abs(x).max(initial=0.0)
    return x.mean(0), (x**2).mean(0), largest, len(x)


def _pooled(some):
    means, squares, largest, counts = map(np.array, zip(*some, strict=True))
    share = (counts / counts.sum())[:, np.newaxis]
    mean = (share * means).sum(0)
    variance = np.maximum((share * squares).sum(0) - mean**2, 0.0)
    return Seen(mean, variance, means, float(largest.max()))
