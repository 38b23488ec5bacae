"""Tables in files, and frames with their labels in them."""

from ...common.errors import InputError
from ..examples import Examples
from . import frames, table_files
from .batches import joined


def of_table(path, name, signature, options):
    """Returns `"train"` -> `Examples` of a table in a file.

    Args:
        path: a `pathlib.Path`.
        name: what it is called, for messages.
        signature: the `Signature` of the model.
        options: the `Options`.

    Raises:
        InputError: there is no such column, or the inputs and labels cannot be
            used.
    """
    name = f"{name}={path.name}"
    count, parts = table_files.frames_of(path)
    pairs = _pairs(parts, name, signature, options, count > 1)
    return {"train": joined(pairs, name, options, count)}


def of_frame(frame, name, signature, options):
    """Does the same for a `pandas.DataFrame`."""
    del signature
    labels = _labels(frame, name, options)
    return {"train": Examples(*_parted(frame, labels))}


def _pairs(parts, name, signature, options, are_several):
    """Yields inputs and labels of the parts of a table, as arrays."""
    labels, where = None, name
    for part in parts:
        if labels is None:
            labels = _labels(part, name, options)
        if are_several:
            rows = part.index
            where = f"{name}, rows {rows.start} to {rows.stop - 1},"
        x, y = _parted(part, labels)
        yield signature.by_name(x, where), _arrays(y, signature, where)


def _arrays(labels, signature, name):
    """Returns labels as arrays: one, or one for each of several outputs."""
    if frames.is_frame(labels) and (signature.outputs or 1) > 1:
        columns = frames.columns_of(labels).items()
        return {key: frames.as_array(each, name) for key, each in columns}
    return frames.as_array(labels, name)


def _labels(frame, name, options):
    """Returns the names of the columns with the labels."""
    columns = list(frame.columns)
    if len(columns) < 2:
        raise InputError(
            f"The table `{name}` has one column, {columns}. Expected: inputs "
            "and, in the last column or in the one that `label` names, the "
            "labels. The columns of a CSV file are separated by commas."
        )
    label = columns[-1] if options.label is None else options.label
    labels = label if isinstance(label, list) else [label]
    unknown = [each for each in labels if each not in columns]
    if unknown:
        raise InputError(
            f"The table `{name}` has no column {unknown[0]!r}. Received as "
            f"`label`: {label!r}. It has: {', '.join(map(repr, columns))}."
        )
    if options.label is None:
        print(f"Labels are the last column of {name}, {label!r}.")
    return labels


def _parted(frame, labels):
    """Returns inputs and labels; those of one column are a column."""
    y = frame[labels[0]] if len(labels) == 1 else frame[labels]
    return frame.drop(columns=labels), y
