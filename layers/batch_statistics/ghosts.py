"""Ghost batches: groups of a batch, each normalized as if it were alone."""

import tensorflow as tf

from ..numerics.arithmetic import moments, normalize, spread


def check(size, renorm, synchronized):
    """Raises `ValueError` if a layer's other arguments rule out groups."""
    taken = {"renorm": renorm, "synchronized": synchronized}
    for name in [name for name, value in taken.items() if size and value]:
        raise ValueError(
            "virtual_batch_size computes statistics of parts of a replica's "
            f"batch, so it cannot be combined with {name}=True. Received: "
            f"virtual_batch_size={size}, {name}=True. Leave one out."
        )


def normalize_by_groups(x, size, channels, epsilon, gamma, beta, mask=None):
    """Normalizes each group of consecutive examples by its own moments.

    A batch of n examples makes ceil(n / size) groups, whose sizes differ by one
    at most.

    Args:
        x: a floating point tensor, see `arithmetic.widen`.
        size: the most examples of a group.
        channels: the axis of the channels, 1 or greater.
        epsilon: added to the variance.
        gamma, beta: of shape (channels,).
        mask: boolean, of the rank of `x` and broadcast against it, or None.

    Returns:
        The outputs; and mean, biased variance and count of the groups, each of
        shape (groups, channels).
    """
    parts = _grouped(x, size)
    masks = [None] * len(parts) if mask is None else _grouped(mask, size)
    axes = [i for i in range(1, len(x.shape) + 1) if i != channels + 1]
    outputs, found = [], []
    for part, real in zip(parts, masks, strict=True):
        own = moments(part, axes, real)
        affine = [spread(w, [channels + 1], part) for w in (gamma, beta)]
        masked = mask is not None
        y = normalize(part, *own[:2], epsilon, *affine, masked)
        outputs.append(tf.reshape(y, [-1, *_sizes(x)[1:]]))
        ones = tf.ones_like(own[0])
        rows = [tf.reshape(v * ones, [-1, x.shape[channels]]) for v in own]
        found.append(rows)
    if len(parts) == 1:
        return outputs[0], found[0]
    y = tf.ensure_shape(tf.concat(outputs, 0), x.shape)
    return y, [tf.concat(rows, 0) for rows in zip(*found, strict=True)]


def average(mean, variance, count):
    """Returns the groups' average by count, and how much counts in all.

        average = sum(count * value) / sum(count)

    Args:
        mean, variance, count: of shape (groups, channels).
    """
    every = tf.reduce_sum(count, 0)

    def weighted(values):
        return tf.math.divide_no_nan(tf.reduce_sum(count * values, 0), every)

    return weighted(mean), weighted(variance), every


def _grouped(x, size):
    """Returns groups as tensors (groups, examples, ...), one for each length.

    First the groups that have one example more.
    """
    batch = _sizes(x)[0]
    known = isinstance(batch, int)
    larger_of = max if known else tf.maximum
    groups = larger_of((batch + size - 1) // size, 1)
    least = batch // groups
    longer = batch - groups * least
    if known and not longer:
        return [_regroup(x, groups, least)]
    cut = longer * (least + 1)
    return [
        _regroup(x[:cut], longer, least + 1),
        _regroup(x[cut:], groups - longer, least),
    ]


def _regroup(x, groups, examples):
    return tf.reshape(x, [groups, examples, *_sizes(x)[1:]])


def _sizes(x):
    """Returns the sizes of the axes, as numbers where they are known."""
    pairs = zip(x.shape, tf.unstack(tf.shape(x)), strict=True)
    return [size if static is None else static for static, size in pairs]
