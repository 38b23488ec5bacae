"""What a generator makes of noise, batch by batch."""

import contextlib
import zlib

import numpy as np
import tensorflow as tf

from ...layers.models.batch_norms import batch_norms_in
from ...layers.models.batches import StackedBatches
from ...layers.models.reestimation import Reestimation
from ...layers.numerics.restoring import restored
from ...layers.numerics.tracing import graph_of
from ..data import nested


def latent(seed, role, rows, size):
    """Returns `(rows, size)` normal numbers, the same at every call.

    Args:
        seed: integer.
        role: text, so that noise for one thing is not that for another.
        rows: number of examples.
        size: of the noise of one example.
    """
    return rng_of(seed, role).standard_normal((rows, size)).astype("float32")


def rng_of(seed, role):
    """Returns a generator of the random numbers of a seed and a role."""
    return np.random.default_rng([seed, zlib.crc32(role.encode())])


class Sampling:
    """Makes examples with the weights that a generator has at each call.

    It holds nothing of a run: what it has traced is good for all runs that
    share the generator.

    Args:
        generator: a built Keras model.
        batch_size: of all batches; the last one is filled up.
    """

    def __init__(self, generator, batch_size):
        self.generator = generator
        self._step = graph_of(lambda inputs: generator(inputs, training=False))
        self._batch_size = batch_size
        self._estimate = None

    def __call__(self, inputs):
        """Returns what the generator makes of inputs, as of `inputs`."""
        return in_batches(self._step, inputs, self._batch_size)

    @contextlib.contextmanager
    def statistics(self, inputs=None):
        """Gives the generator statistics fit for sampling, for a block.

        A `ReferenceModel` computes those of its reference. Batch norms keep
        their moving ones, unless there are inputs.

        Args:
            inputs: of the generator, NumPy arrays to estimate the statistics
                of batch norms from, whole batches of them; or None.
        """
        generator = self.generator
        with restored(generator.non_trainable_variables):
            if hasattr(generator, "refresh"):
                generator.refresh()
            if inputs is not None and batch_norms_in(generator):
                self._estimate = self._estimate or Reestimation(generator)
                self._estimate(self._stacked(inputs))
            yield

    def _stacked(self, inputs):
        def stack(array):
            shape = -1, self._batch_size, *array.shape[1:]
            return tf.constant(array.reshape(shape))

        return StackedBatches(nested.each(stack, inputs), tf.identity)


def in_batches(step, rows, batch_size):
    """Returns the outputs of `step` for all rows, as NumPy arrays.

    Args:
        step: function of a batch; returns a tensor or a structure of them.
        rows: a NumPy array, or several in one of the ways of `nested`.
        batch_size: of all batches; the last one is filled up.
    """
    count = nested.count_of(rows)

    def batch(start):
        def filled(array):
            some = array[start : start + batch_size]
            return np.resize(some, (batch_size, *array.shape[1:]))

        return nested.each(filled, rows)

    parts = [step(batch(start)) for start in range(0, count, batch_size)]

    def join(*outputs):
        return np.concatenate([y.numpy() for y in outputs])[:count]

    return tf.nest.map_structure(join, *parts)
