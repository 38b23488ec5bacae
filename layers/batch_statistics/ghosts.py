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
    parts = grouped(x, size)
    masks = [None] * len(parts) if mask is None else grouped(mask, size)
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
    y, *rows = (
        joined(pieces) for pieces in (outputs, *zip(*found, strict=True))
    )
    return tf.ensure_shape(y, x.shape), rows


def joined(parts):
    """Returns one tensor of several, along axis 0."""
    return parts[0] if len(parts) == 1 else tf.concat(parts, 0)


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


def grouped(x, size):
    """Returns groups as tensors (groups, examples, ...).

    One for the groups that have one example more, which are first, if there
    are any or that is not known; and one for the others.

    Args:
        x: what is divided along axis 0.
        size: the most examples of a group.
    """
    batch, *example = _sizes(x)
    plan = _plan(batch, size)
    lengths = [groups * examples for groups, examples in plan]
    # The gradient of slices would be as large as x for each of them.
    parts = [x] if len(plan) == 1 else tf.split(x, lengths)
    return [
        tf.reshape(part, [*sizes, *example])
        for part, sizes in zip(parts, plan, strict=True)
    ]


def _plan(batch, size):
    """Returns how many groups there are of each length, and that length."""
    known = isinstance(batch, int)
    groups = (batch + size - 1) // size
    groups = max(groups, 1) if known else tf.maximum(groups, 1)
    least = batch // groups
    longer = batch - groups * least
    first, rest = (longer, least + 1), (groups - longer, least)
    return [rest] if known and not longer else [first, rest]


def _sizes(x):
    """Returns the sizes of the axes, as numbers where they are known."""
    pairs = zip(x.shape, tf.unstack(tf.shape(x)), strict=True)
    return [size if static is None else static for static, size in pairs]
