"""Frames of pandas."""

import sys

import numpy as np

from ...common.errors import InputError


def is_pandas(values):
    """Whether something is a frame, or one of its columns."""
    # Whoever has one has imported pandas, which is not required here.
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(
        values, (pandas.DataFrame, pandas.Series)
    )


def is_frame(values):
    """Whether something is a `pandas.DataFrame`."""
    return is_pandas(values) and values.ndim == 2


def columns_of(frame):
    """Returns name -> column of a frame."""
    return {column: frame[column] for column in frame.columns}


def as_array(values, name):
    """Returns the values of a frame, `(rows, columns)`, or of a column.

    Categories are what they stand for.

    Raises:
        InputError: a value is missing, or is neither a number nor a text, or
            numbers and texts are mixed.
    """
    columns = [values]
    if is_frame(values):
        columns = [values[column] for column in values.columns]
    columns = list(map(_without_categories, columns))
    _check_complete(columns, name)
    texts = [column.name for column in columns if _is_text(column, name)]
    if texts and len(texts) < len(columns):
        shown = ", ".join(map(repr, texts[:5]))
        raise InputError(
            f"{name} has columns that hold no numbers: {shown}. Leave them "
            "out or encode them; or make a model whose inputs have the names "
            "of the columns, with a keras.layers.StringLookup for each of "
            "these."
        )
    arrays = [column.to_numpy(str if texts else None) for column in columns]
    return np.stack(arrays, axis=1) if is_frame(values) else arrays[0]


def _without_categories(column):
    categories = getattr(column.dtype, "categories", None)
    return column if categories is None else column.astype(categories.dtype)


def _is_text(column, name):
    import pandas

    kinds = pandas.api.types
    if kinds.is_numeric_dtype(column.dtype):
        return False
    if kinds.is_string_dtype(column.dtype):
        return True
    raise InputError(
        f"{name} has the column {column.name!r} of type {column.dtype}. "
        "Expected: numbers or texts. Convert it, or leave it out."
    )


def _check_complete(columns, name):
    for column in columns:
        missing = column.isna().to_numpy()
        if missing.any():
            raise InputError(
                f"{name} has {missing.sum()} missing values in column "
                f"{column.name!r}, the first one in row "
                f"{column.index[missing.argmax()]}. Fill them in, or leave "
                "such rows out."
            )
