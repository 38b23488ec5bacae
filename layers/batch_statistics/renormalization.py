"""Batch renormalization: the batch's statistics, corrected to longer ones."""

import keras
import tensorflow as tf

_BOUNDS = ("rmax", "rmin", "dmax")


def check_clipping(bounds):
    """Raises `ValueError` unless `bounds` can clip the correction."""
    if not set(bounds) <= set(_BOUNDS):
        raise ValueError(
            "Received invalid keys for `renorm_clipping`: "
            f"{sorted(bounds)}. Expected some of: {', '.join(_BOUNDS)}."
        )
    rmax, rmin, dmax = (bounds.get(name) for name in _BOUNDS)
    if rmax is not None and rmin is not None and rmax < rmin:
        raise ValueError(
            "rmax should be greater than rmin in `renorm_clipping`. Received: "
            f"rmax={rmax}, rmin={rmin}."
        )
    if dmax is not None and dmax < 0:
        raise ValueError(
            "dmax should be non-negative in `renorm_clipping`. Received: "
            f"dmax={dmax}."
        )


def correction(mean, variance, long_mean, long_stddev, epsilon, bounds):
    """Returns what takes the batch's standardization to the longer one.

    r = stddev / long_stddev, d = (mean - long_mean) / long_stddev, both
    clipped; (x - mean) / stddev * r + d is standardized by the longer ones.
    No gradient flows through them.
    """
    bounds = bounds or {}
    floor = tf.sqrt(tf.cast(epsilon, mean.dtype))
    long_stddev = tf.maximum(long_stddev, floor)
    ratio = tf.sqrt(variance + epsilon) / long_stddev
    shift = (mean - long_mean) / long_stddev
    rmax, rmin, dmax = (bounds.get(name) for name in _BOUNDS)
    if rmin is not None:
        ratio = tf.maximum(ratio, rmin)
    if rmax is not None:
        ratio = tf.minimum(ratio, rmax)
    if dmax is not None:
        shift = tf.clip_by_value(shift, -dmax, dmax)
    return tf.stop_gradient(ratio), tf.stop_gradient(shift)


def copy_of(initializer):
    """Returns an initializer like it: a random one would repeat itself."""
    if not isinstance(initializer, keras.initializers.Initializer):
        return initializer
    return initializer.clone()


def square_root_of(initializer):
    """Returns the initializer of a deviation, given that of the variance."""

    def initialize(shape, dtype=None):
        return tf.sqrt(copy_of(initializer)(shape, dtype=dtype))

    return initialize
