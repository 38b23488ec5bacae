"""Mean and variance of each step of a recurrent layer, batch by batch."""

import contextlib
import dataclasses

import tensorflow as tf

from ..numerics.pooling import merge


class RowPopulation:
    """The statistics of each step, where each batch is normalized by its own.

    The layer runs as in training, without dropout and noise. What it would
    learn from is merged in float64.

    Args:
        layer: a built `BatchNormLSTM`, `BatchNormGRU` or `BatchNormSimpleRNN`.
    """

    def __init__(self, layer):
        self._layer = layer
        statistics = layer.statistics
        rows = statistics.moving_weight.shape[0]
        self._count = tf.Variable(tf.zeros((rows, 1), tf.float64))
        self._moments = {
            site: tuple(
                tf.Variable(tf.zeros(mean.shape, tf.float64)) for _ in range(2)
            )
            for site, mean in statistics.means.items()
        }

    def reset(self):
        """Forgets all that was counted."""
        for variable in [*sum(self._moments.values(), ()), self._count]:
            variable.assign(tf.zeros_like(variable))

    def want(self, wanted):
        """Does nothing: all is counted in one pass."""

    def add_from(self, call, inputs, mask):
        """Counts a batch; returns the layer's outputs."""
        with _as_in_training(self._layer, self._add):
            return call(inputs, training=True, mask=mask)

    def _add(self, kept, count, batch_size):
        del batch_size
        kept, count = self._layer.statistics.by_row(kept, count)
        count = tf.cast(count, tf.float64)[:, tf.newaxis]
        for site, moments in kept.items():
            mine = self._moments[site]
            batch = [tf.cast(value, tf.float64) for value in moments]
            *merged, _ = merge((*mine, self._count), (*batch, count))
            for variable, value in zip(mine, merged, strict=True):
                variable.assign(value)
        self._count.assign_add(count)

    def write(self):
        """Sets the statistics of the steps that were reached."""
        statistics = self._layer.statistics
        seen = self._count > 0
        for site, moments in self._moments.items():
            held = statistics.means[site], statistics.variances[site]
            for variable, value in zip(held, moments, strict=True):
                value = tf.cast(value, variable.dtype)
                variable.assign(tf.where(seen, value, variable.value))
        weight = statistics.moving_weight
        ones = tf.ones_like(weight.value)
        weight.assign(tf.where(seen[:, 0], ones, weight.value))


@contextlib.contextmanager
def _as_in_training(layer, learn):
    """Makes a layer hand on what it learns, without anything random in it."""

    def without_mask(step_input):
        del step_input

    def without_seeds(count):
        del count

    replaced = (
        (layer.statistics, "learn", learn),
        (layer.cell, "get_dropout_mask", without_mask),
        (layer.cell, "get_recurrent_dropout_mask", without_mask),
        (layer, "initial_state_noise", 0.0),
        (layer, "_seeds", without_seeds),
        # Whole batches are counted, outside of all replicas.
        (layer, "synchronized", False),
        # Compiling takes longer than what is to be run.
        (layer, "_kind", dataclasses.replace(layer._kind, jit_compile=False)),
    )
    before = [dict(vars(owner)) for owner, _, _ in replaced]
    try:
        for owner, name, value in replaced:
            vars(owner)[name] = value
        yield
    finally:
        for (owner, name, _), held in zip(replaced, before, strict=True):
            if name in held:
                vars(owner)[name] = held[name]
            else:
                del vars(owner)[name]
