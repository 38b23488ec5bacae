"""Tables in files, some rows at a time, with the types of the whole table."""

import collections
import contextlib

import numpy as np

from ...common.errors import InputError
from ..disk.pieces import BYTES
from .batches import shown

#: So much of a file tells how long its lines are.
_HEAD = 2**16
#: What pandas calls the index that it has written into a CSV file.
_INDEX = "Unnamed: 0"


def frames_of(path):
    """Returns about how many frames a table comes in, and an iterator of them.

    Each has the next rows, numbered in its index, and the types of the frame
    that pandas makes of the whole file. An index that pandas has written beside
    the columns is left out.

    Args:
        path: a `pathlib.Path`, of a CSV, TSV or Parquet file.

    Raises:
        InputError: it cannot be read, or what reads it is not installed; so
            does the iterator.
    """
    is_parquet = path.suffix.lower() == ".parquet"
    with _reading(path):
        count, frames = _of_parquet(path) if is_parquet else _of_csv(path)
    return count, _reported(frames, path)


def whole(path):
    """Returns the frame of a table that is small."""
    import pandas

    return pandas.concat(frames_of(path)[1])


def _reported(frames, path):
    with _reading(path):
        start = 0
        for frame in frames:
            frame.index = range(start, start + len(frame))
            yield frame
            start += len(frame)


@contextlib.contextmanager
def _reading(path):
    try:
        yield
    except ImportError as error:
        is_parquet = path.suffix.lower() == ".parquet"
        needed = "pandas pyarrow" if is_parquet else "pandas"
        raise InputError(
            f"The table {path} needs {needed.replace(' ', ' and ')}. Install: "
            f"pip install {needed}."
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"The table {path} is not UTF-8: {_first_odd(path) or error}. "
            "Convert it, such as by `iconv -f latin1 -t utf-8`, or save it as "
            "UTF-8."
        ) from error
    # What a parser raises for what is no table is a ValueError, or pyarrow's.
    except (OSError, ValueError) as error:
        raise InputError(f"The table {path} cannot be read: {error}") from error


def _first_odd(path):
    """Returns where the first byte is that is not UTF-8, in words."""
    start = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                place = error.start
                return (
                    f"line {number} holds the byte {line[place]:#04x}, byte "
                    f"{start + place} of the file"
                )
            start += len(line)
    return None


def _of_csv(path):
    import pandas

    def read(types=None):
        # With `low_memory` pandas would look for types piece by piece itself,
        # and mix numbers and texts in a column.
        with pandas.read_csv(
            path,
            sep="\t" if path.suffix.lower() == ".tsv" else ",",
            chunksize=rows,
            low_memory=False,
            dtype=types,
        ) as frames:
            for frame in frames:
                yield frame.drop(columns=_INDEX, errors="ignore")

    size = path.stat().st_size
    if size <= BYTES:
        rows = max(size, 1)  # all of them
        return 1, read()
    rows = max(int(BYTES // _length_of_lines(path)), 1)
    count = -(-size // BYTES)
    types = _types(shown(read(), f"Looking through {path.name}", count))
    return count, read(types)


def _length_of_lines(path):
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return len(head) / max(head.count(b"\n"), 1)


def _types(frames):
    """Returns name -> type of columns that have several in different rows.

    It is the one that pandas finds when it looks at all rows at once.
    """
    found, negative = collections.defaultdict(set), set()
    for frame in frames:
        for name, column in frame.items():
            found[name].add(column.dtype)
            if column.dtype.kind == "i" and (column < 0).any():
                negative.add(name)
    return {
        name: _common(types, name in negative)
        for name, types in found.items()
        if len(types) > 1
    }


def _common(types, is_negative):
    kinds = {dtype.kind for dtype in types}
    if kinds == {"i", "u"}:
        # No type has both, and a float not all of the digits.
        return str if is_negative else np.uint64
    return np.float64 if kinds <= set("iuf") else str


def _of_parquet(path):
    import pandas  # noqa: F401, what makes frames
    import pyarrow.parquet

    def read():
        with pyarrow.parquet.ParquetFile(path) as file:
            if not count:
                yield file.schema_arrow.empty_table().to_pandas()
            for batch in file.iter_batches(batch_size=rows):
                yield batch.to_pandas()

    with pyarrow.parquet.ParquetFile(path) as file:
        about, groups = file.metadata, range(file.metadata.num_row_groups)
        size = sum(about.row_group(i).total_byte_size for i in groups)
    count = about.num_rows
    # What repeats takes less than that in the file.
    length = max(size / max(count, 1), 8 * about.num_columns)
    rows = max(int(BYTES // length), 1)
    return max(-(-count // rows), 1), read()
