"""Axes given by users, as axes of a tensor."""


def non_batch_axis(axis, rank):
    """Returns the axis of the channels, 1 or greater: 0 is the batch's."""
    one = isinstance(axis, int)
    if not one or not -rank <= axis < rank or axis % rank == 0:
        raise ValueError(
            "The axis of the channels is out of range, is the axis of the "
            f"batch, or is not one integer. Received: axis={axis!r} with "
            f"inputs of rank {rank}."
        )
    return axis % rank


def feature_axes(axis, rank):
    """Returns an axis or several as a list, sorted, all 0 or greater."""
    axes = [axis] if isinstance(axis, int) else axis
    if not all(-rank <= axis < rank for axis in axes):
        raise ValueError(
            f"An axis is out of range. Received: axis={axis} with inputs of "
            f"rank {rank}."
        )
    return sorted({axis % rank for axis in axes})


def known_sizes(axes, shape):
    """Returns the sizes of a shape along axes."""
    sizes = tuple(shape[axis] for axis in axes)
    if None in sizes:
        raise ValueError(
            "The sizes of axes that have weights or groups must be known. "
            f"Received: inputs of shape {tuple(shape)}, axes {tuple(axes)}."
        )
    return sizes
