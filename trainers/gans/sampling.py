"""What a generator makes of noise, batch by batch."""

import contextlib
import zlib

import numpy as np
import tensorflow as tf

from ...layers import reestimate_statistics
from ...layers.models.batch_norms import batch_norms_in
from ...layers.numerics.restoring import restored
from ...layers.numerics.tracing import graph_of


def latent(seed, role, rows, size):
    """Returns `(rows, size)` normal numbers, the same at every call.

    Args:
        seed: integer.
        role: text, so that noise for one thing is not that for another.
        rows: number of examples.
        size: of the noise of one example.
    """
    rng = np.random.default_rng([seed, zlib.crc32(role.encode())])
    return rng.standard_normal((rows, size)).astype("float32")


class Sampler:
    """Makes examples with the weights that a generator has at each call.

    Args:
        generator: a built Keras model.
        batch_size: of all batches; the last one is filled up.
    """

    def __init__(self, generator, batch_size):
        self.generator = generator
        self._step = graph_of(lambda noise: generator(noise, training=False))
        self._batch_size = batch_size

    def __call__(self, noise):
        """Returns what the generator makes of `noise`, a NumPy array."""
        return in_batches(self._step, noise, self._batch_size)


def in_batches(step, rows, batch_size):
    """Returns the outputs of `step` for all rows, as NumPy arrays.

    Args:
        step: function of a batch; returns a tensor or a structure of them.
        rows: a NumPy array.
        batch_size: of all batches; the last one is filled up.
    """
    parts = []
    for start in range(0, len(rows), batch_size):
        batch = rows[start : start + batch_size]
        filled = np.resize(batch, (batch_size, *rows.shape[1:]))
        parts.append(step(filled))

    def join(*outputs):
        return np.concatenate([y.numpy() for y in outputs])[: len(rows)]

    return tf.nest.map_structure(join, *parts)


@contextlib.contextmanager
def sampling_statistics(generator, noise=None, batch_size=64):
    """Makes a generator's statistics those of its weights, for a block.

    A `ReferenceModel` computes those of its reference. Batch norms keep their
    moving ones, unless there is noise to re-estimate them from.

    Args:
        generator: a built Keras model.
        noise: a NumPy array, or None.
        batch_size: of the estimation.
    """
    with restored(generator.non_trainable_variables):
        if hasattr(generator, "refresh"):
            generator.refresh()
        if noise is not None and batch_norms_in(generator):
            reestimate_statistics(
                generator, noise, batch_size=batch_size, verbose=0
            )
        yield
