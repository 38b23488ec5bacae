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
    plan = _plan(_sizes(x)[0], size)
    parts = _grouped(x, plan)
    masks = [None] * len(plan) if mask is None else _grouped(mask, plan)
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
        _joined(pieces) for pieces in (outputs, *zip(*found, strict=True))
    )
    return tf.ensure_shape(y, x.shape), rows


def _joined(parts):
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


def _plan(batch, size):
    """Returns how a batch is divided: its groups of one length each time.

    Args:
        batch: how many examples there are, a number or a tensor.
        size: the most examples of a group.

    Returns:
        Tuples of the slice of the batch, the number of groups, and of examples
        in each.
    """
    groups, least, longer = _division(batch, size)
    cut = longer * (least + 1)
    first = slice(None, cut), longer, least + 1
    rest = slice(cut, None), groups - longer, least
    known = isinstance(batch, int)
    return [rest] if known and not longer else [first, rest]


def starts(batch, size):
    """Returns where the groups begin, and where the last one ends.

    Args:
        batch: how many examples there are, a tensor.
        size: the most examples of a group.
    """
    groups, least, longer = _division(batch, size)
    numbers = tf.range(groups + 1)
    return numbers * least + tf.minimum(numbers, longer)


def _division(batch, size):
    """Returns how many groups there are, their least size, and what is left.

    As many groups as are left have one example more. They are first.
    """
    groups = (batch + size - 1) // size
    known = isinstance(batch, int)
    groups = max(groups, 1) if known else tf.maximum(groups, 1)
    least = batch // groups
    return groups, least, batch - groups * least


def _grouped(x, plan):
    """Returns groups as tensors (groups, examples, ...), one for each part."""
    return [
        tf.reshape(x[rows], [groups, examples, *_sizes(x)[1:]])
        for rows, groups, examples in plan
    ]


def _sizes(x):
    """Returns the sizes of the axes, as numbers where they are known."""
    pairs = zip(x.shape, tf.unstack(tf.shape(x)), strict=True)
    return [size if static is None else static for static, size in pairs]
