"""The exact statistics of all that a batch norm was given in its last steps."""

import dataclasses

import tensorflow as tf

from ..numerics.pooling import merge, pool
from ..numerics.replicas import several
from .momentum import is_schedule
from .moving import count_update

#: What the argument `statistics` of a batch norm may be.
KINDS = ("moving", "population")
_WINDOWS = ("earlier", "recent")
_MOMENTS = ("mean", "variance", "count")


def check_statistics(statistics, momentum, renorm):
    """Raises `ValueError` if it is unknown, or goes with no other argument."""
    if statistics not in KINDS:
        raise ValueError(
            f"Received: statistics={statistics!r}. Expected one of: "
            f"{', '.join(KINDS)}."
        )
    unused = {"renorm=True": renorm, "a schedule": is_schedule(momentum)}
    for name in [k for k, v in unused.items() if v and statistics != "moving"]:
        raise ValueError(
            f'statistics="population" cannot be combined with {name}, which is '
            "about moving averages. Leave one out."
        )


@dataclasses.dataclass(frozen=True)
class LastSteps:
    """Mean and variance of all values of the last steps, merged exactly.

    Batches are merged into a window, which is full after `steps` updates. Then
    the next one begins; the full one is kept until that is full, too. The
    statistics are those of both windows together.

    Attributes:
        steps: of a window.
    """

    steps: int

    def weights(self, mean, variance, shape):
        """Returns name -> initializer and shape, see `Moving`."""
        found = {
            "moving_mean": (mean, shape),
            "moving_variance": (variance, shape),
            "updates": ("zeros", ()),
        }
        for window in _WINDOWS:
            found |= {f"{window}_{name}": ("zeros", shape) for name in _MOMENTS}
        return found

    def learn(self, layer, mean, variance, count):
        """Merges a batch, unless nothing counts, see `Moving`."""
        earlier, recent = (
            [getattr(layer, f"{window}_{name}") for name in _MOMENTS]
            for window in _WINDOWS
        )
        batch = _of_all_replicas(_clean(mean, variance, count))
        batch = [tf.cast(value, layer.updates.dtype) for value in batch]
        counts = tf.reduce_any(batch[2] > 0)
        full = counts & (layer.updates.value >= self.steps)
        kept = [
            tf.where(full, *(v.value for v in pair))
            for pair in zip(recent, earlier, strict=True)
        ]
        new = merge([_zero_if(full, v) for v in recent], batch)
        _assign(earlier, kept)
        _assign(recent, new)
        layer.updates.assign(_zero_if(full, layer.updates))
        count_update(layer.updates, count)
        *moments, _ = merge(kept, new)
        for name, value in zip(_MOMENTS, moments, strict=False):
            variable = getattr(layer, f"moving_{name}")
            variable.assign(tf.where(batch[2] > 0, value, variable.value))


def _zero_if(condition, variable):
    value = tf.convert_to_tensor(variable)
    return tf.where(condition, tf.zeros_like(value), value)


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _clean(mean, variance, count):
    """Returns moments of one shape; where nothing counts, they are 0."""
    count = tf.broadcast_to(count, tf.shape(mean))
    real = count > 0
    return tf.where(real, mean, 0), tf.where(real, variance, 0), count


def _of_all_replicas(batch):
    replica = several()
    if replica is None:
        return batch
    # As many rows as there are replicas, of which each sets its own.
    row = replica.replica_id_in_sync_group
    rows = replica.num_replicas_in_sync
    own = tf.one_hot(row, rows, dtype=batch[0].dtype)[:, tf.newaxis]
    every = [replica.all_reduce("SUM", own * value) for value in batch]
    return [value[0] for value in pool(*every, 0)]
