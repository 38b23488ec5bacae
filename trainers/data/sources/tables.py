"""Tables in files, and frames with their labels in them."""

from ...common.errors import InputError
from ..examples import Examples

#: What pandas calls the index that it has written into a CSV file.
_INDEX = "Unnamed: 0"


def read(path):
    """Returns the frame in a CSV, TSV or Parquet file.

    An index that pandas has written beside the columns is left out.

    Args:
        path: a `pathlib.Path`.

    Raises:
        InputError: it cannot be read, or what reads it is not installed.
    """
    suffix = path.suffix.lower()
    try:
        import pandas

        if suffix == ".parquet":
            return pandas.read_parquet(path)
        frame = pandas.read_csv(path, sep="\t" if suffix == ".tsv" else ",")
    except ImportError as error:
        needed = "pandas pyarrow" if suffix == ".parquet" else "pandas"
        raise InputError(
            f"The table {path} needs {needed.replace(' ', ' and ')}. Install: "
            f"pip install {needed}."
        ) from error
    # What a parser raises for what is no table is a ValueError, or pyarrow's.
    except (OSError, ValueError) as error:
        raise InputError(f"The table {path} cannot be read: {error}") from error
    return frame.drop(columns=_INDEX) if _INDEX in frame else frame


def of_table(path, name, signature, options):
    """Returns `"train"` -> `Examples` of a table in a file.

    Args:
        path: a `pathlib.Path`.
        name: what it is called, for messages.
        signature: the `Signature` of the model.
        options: the `Options`.

    Raises:
        InputError: there is no such column.
    """
    return of_frame(read(path), f"{name}={path.name}", signature, options)


def of_frame(frame, name, signature, options):
    """Does the same for a `pandas.DataFrame`."""
    del signature
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
    y = frame[labels[0]] if len(labels) == 1 else frame[labels]
    return {"train": Examples(frame.drop(columns=labels), y)}
