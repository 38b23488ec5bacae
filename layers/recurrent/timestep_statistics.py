"""Moving statistics with a row for each time step."""

import keras
import tensorflow as tf

from ..numerics.pooling import pool
from ..numerics.replicas import several, total_over_replicas


class TimestepStatistics(keras.layers.Layer):
    """Holds and learns the moving mean and variance of each step.

    The rows move by as much as they know:

        share = (1 - momentum) * count / batch_size
        weight = weight + share * (1 - weight)
        moving = moving + share / weight * (batch's - moving)

    where `weight` starts at 0, so a row is its first batch's after the first
    update and Keras' moving average later, without a trace of its initial
    value. A step where nothing counts keeps its row. The rows are float32 at
    least, whatever the dtype policy: half precision would lose small updates.

    Args:
        momentum: of the rows.
        sites: a list of `Site`.
        **kwargs: arguments of `keras.layers.Layer`.

    Weights:
        moving_mean_SITE, moving_variance_SITE: (rows, features) for each site.
        moving_weight: (rows,); 0 where a row was never estimated.
    """

    def __init__(self, momentum, sites, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.sites = sites
        # Attributes, not a dict: tf.train.Checkpoint skips what is in one.
        for site in sites:
            setattr(self, f"moving_mean_{site.name}", None)
            setattr(self, f"moving_variance_{site.name}", None)
        self.moving_weight = None

    @property
    def means(self):
        """The moving mean of each site."""
        return self._of_sites("moving_mean")

    @property
    def variances(self):
        """The moving variance of each site."""
        return self._of_sites("moving_variance")

    def _of_sites(self, kind):
        return {s.name: getattr(self, f"{kind}_{s.name}") for s in self.sites}

    def add_rows(self, rows):
        """Makes the weights."""
        for site in self.sites:
            shape = (rows, site.features)
            self._add(f"moving_mean_{site.name}", shape, "zeros")
            self._add(f"moving_variance_{site.name}", shape, "ones")
        self._add("moving_weight", (rows,), "zeros")
        self.built = True

    def _add(self, name, shape, initializer):
        weight = self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            dtype="float64" if self.variable_dtype == "float64" else "float32",
            trainable=False,
            autocast=False,
            aggregation="mean",  # of the replicas' updates
        )
        setattr(self, name, weight)

    def rows(self, length):
        """Returns mean and variance of each site for each of `length` steps.

        Steps behind the last row that was estimated have that row. The
        shapes are (length, 1, features).
        """
        estimated = tf.cast(
            tf.convert_to_tensor(self.moving_weight) > 0, "int32"
        )
        # A step is never reached without those before it, so these are the
        # first rows.
        last = tf.maximum(tf.reduce_sum(estimated) - 1, 0)
        index = tf.minimum(tf.range(length), last)
        return {
            site: tuple(
                tf.gather(variable, index)[:, tf.newaxis]
                for variable in (self.means[site], self.variances[site])
            )
            for site in self.means
        }

    def by_row(self, kept, count):
        """Returns what the moments of the steps are for each row.

        Args:
            kept: site -> mean and variance, (steps, 1, features).
            count: of the examples that reach each step, (steps,).

        Returns:
            Site -> mean and variance, (rows, features), and how many values
            they are of, (rows,). Nothing counts in a row behind all steps.
        """
        rows = self.moving_weight.shape[0]
        kept = {s: [v[:, 0] for v in pair] for s, pair in kept.items()}
        if rows == 1:
            parts = count[:, tf.newaxis]
            kept = {s: pool(*pair, parts, 0)[:2] for s, pair in kept.items()}
            count = tf.reduce_sum(count, keepdims=True)
        kept = tf.nest.map_structure(lambda x: _fit(x, rows), kept)
        return kept, _fit(count, rows)

    def learn(self, kept, count, batch_size):
        """Moves the rows towards the batch's moments.

        Args:
            kept: site -> mean and variance, (steps, 1, features).
            count: of the examples that reach each step, (steps,).
            batch_size: a scalar tensor of the type of `count`.
        """
        if self.moving_weight.shape[0] == 1:
            batch_size = batch_size * tf.cast(tf.size(count), count.dtype)
        kept, count = self.by_row(kept, count)
        kept, count, batch_size = _over_replicas(kept, count, batch_size)
        share = (1 - self.momentum) * tf.math.divide_no_nan(count, batch_size)
        old = tf.convert_to_tensor(self.moving_weight)
        weight = old + share * (1 - old)
        self.moving_weight.assign(weight)
        rate = tf.math.divide_no_nan(share, weight)[:, tf.newaxis]
        for site, (mean, variance) in kept.items():
            _move(self.means[site], mean, rate)
            _move(self.variances[site], variance, rate)


def _move(variable, value, rate):
    old = tf.convert_to_tensor(variable)
    variable.assign(old + rate * (value - old))


def _fit(x, rows):
    """Cuts or pads the steps to the number of rows."""
    x = x[:rows]
    missing = rows - tf.shape(x)[0]
    padded = tf.pad(x, [[0, missing], *[[0, 0]] * (len(x.shape) - 1)])
    return tf.ensure_shape(padded, [rows, *x.shape[1:]])


def _over_replicas(kept, count, batch_size):
    """Returns the moments of all replicas, weighed by count, and the sums."""
    if several() is None:
        return kept, count, batch_size
    weighed = tf.nest.map_structure(lambda x: count[:, tf.newaxis] * x, kept)
    weighed, count, batch_size = total_over_replicas(
        (weighed, count, batch_size)
    )
    kept = tf.nest.map_structure(
        lambda x: tf.math.divide_no_nan(x, count[:, tf.newaxis]), weighed
    )
    return kept, count, batch_size
