"""Tables that are read some rows at a time."""

import keras
import numpy as np
import pandas
import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data.disk import pieces
from normzoo.trainers.data.sources import table_files
from normzoo.trainers.data.sources.finding import find_arrays, find_examples
from normzoo.trainers.data.sources.options import Options

ROWS = 40
#: So many bytes are read at a time: some rows.
AT_A_TIME = 80
NUMBERS = [f"{i}" for i in range(ROWS)]


def late(first, last, at=ROWS - 3):
    """Returns texts that look different in a late row."""
    return [*first[:at], last, *first[at + 1 :]]


#: Name of a column -> its texts in a file.
COLUMNS = {
    "whole": NUMBERS,
    "negative": [f"-{i}" for i in range(ROWS)],
    "floats": [f"{i}.10" for i in range(ROWS)],
    "a late float": late(NUMBERS, "0.5"),
    "an early float": late(NUMBERS, "0.5", 1),
    "of long digits": late(["9007199254740993"] * ROWS, "0.1"),
    "unsigned": late(NUMBERS, "18446744073709551615"),
    "unsigned, then a float": late(["18446744073709551615"] * ROWS, "1.5"),
    "unsigned and negative": late(["-1"] * ROWS, "18446744073709551615"),
    "truths": ["True", "False"] * (ROWS // 2),
    "truths, then a number": late(["True"] * ROWS, "1"),
    "texts": ["a", "b,c", "Ä", "a longer one"] * (ROWS // 4),
    "a late text": late(["007"] * ROWS, "none of them"),
    "an early text": late(["1.50"] * ROWS, "x", 0),
    "a late missing one": late(NUMBERS, ""),
    "a late missing text": late(["a"] * ROWS, ""),
    "a late missing truth": late(["True"] * ROWS, ""),
}
FRAME = pandas.DataFrame(COLUMNS)
NUMERIC = [
    "whole",
    "negative",
    "floats",
    "a late float",
    "an early float",
    "of long digits",
    "unsigned",
    "unsigned, then a float",
    "truths",
]
TEXTS = [
    "unsigned and negative",
    "truths, then a number",
    "texts",
    "a late text",
    "an early text",
]
MISSING = [name for name in COLUMNS if "missing" in name]


def typed():
    """Returns a frame as pandas writes it into Parquet files."""
    numbers = np.arange(ROWS)
    return pandas.DataFrame(
        {
            "kind": pandas.Categorical(numbers % 3),
            "city": pandas.Categorical(["Rome", "Bonn"] * (ROWS // 2)),
            "count": pandas.array(numbers, dtype="Int64"),
            "size": numbers.astype("float32"),
            "name": [str(10**i) for i in numbers],
            "y": numbers % 2 == 0,
        },
        index=pandas.Index([f"row {i}" for i in numbers], name="row"),
    )


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Lets tables be read some rows at a time, and be kept on the disk."""
    monkeypatch.setattr(table_files, "BYTES", AT_A_TIME)
    monkeypatch.setattr(table_files, "_HEAD", AT_A_TIME)
    monkeypatch.setattr(pieces, "free_bytes", lambda: 0)


def network(frame):
    """Returns a model with an input for each column."""
    inputs = [
        keras.Input((1,), name=name, dtype="string" if is_text else None)
        for name, is_text in zip(frame, map(holds_texts, frame), strict=True)
    ]
    # Keras 3.12 wants a use of every input.
    known = keras.layers.StringLookup(vocabulary=["a"], output_mode="one_hot")
    numbers = [x if x.dtype != "string" else known(x) for x in inputs]
    return keras.Model(inputs, keras.layers.Concatenate()(numbers))


def holds_texts(column):
    return column in (*TEXTS, *MISSING[1:], "city", "name")


def read(given, label, model):
    return find_arrays(model, {"train": given}, Options(label=label))


def assert_mapped_and_equal(found, expected):
    assert found.keys() == expected.keys()
    arrays, others = map(keras.tree.flatten, (found, expected))
    for array, other in zip(arrays, others, strict=True):
        assert is_mapped(array)
        assert array.dtype == other.dtype
        np.testing.assert_array_equal(array, other)


def is_mapped(array):
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    return array is not None


#: Name of a file -> functions that write a frame, and that read it whole.
FILES = {
    "table.csv": (
        lambda frame, path: frame.to_csv(path, index=False),
        lambda path: pandas.read_csv(path, low_memory=False),
    ),
    "with_index.csv": (
        lambda frame, path: frame.to_csv(path),
        lambda path: pandas.read_csv(path, low_memory=False, index_col=0),
    ),
    "table.TSV": (
        lambda frame, path: frame.to_csv(path, sep="\t"),
        lambda path: pandas.read_csv(
            path, sep="\t", low_memory=False, index_col=0
        ),
    ),
    "table.parquet": (
        lambda frame, path: frame.to_parquet(path, row_group_size=15),
        pandas.read_parquet,
    ),
}
CSV = [name for name in FILES if "parquet" not in name]
CASES = [
    *((name, FRAME, label) for name in CSV for label in ("floats", "texts")),
    ("table.csv", FRAME, "a late text"),
    ("table.csv", FRAME, "a late float"),
    ("table.csv", FRAME, "truths"),
    *(("table.parquet", typed(), label) for label in ("y", "city")),
]


@pytest.mark.parametrize(("name", "frame", "label"), CASES)
def test_arrays_are_those_of_the_table_read_whole(name, frame, label, tmp_path):
    write, read_whole = FILES[name]
    write(frame, tmp_path / name)
    model = network(frame.drop(columns=[label, *MISSING], errors="ignore"))
    count, parts = table_files.frames_of(tmp_path / name)
    assert count > 1
    assert len(list(parts)) > 1
    expected = read(read_whole(tmp_path / name), label, model)
    found = read(tmp_path / name, label, model)
    assert_mapped_and_equal(found, expected)


@pytest.mark.parametrize(
    ("labels", "outputs"),
    [
        ("whole", [""]),
        (["whole", "floats"], [""]),
        (["whole", "floats"], ["whole", "floats"]),
    ],
)
def test_columns_that_are_one_array(labels, outputs, tmp_path):
    path, inputs = tmp_path / "table.csv", keras.Input((3,))
    FRAME[NUMERIC[:5]].to_csv(path, index=False)
    made = [keras.layers.Dense(1, name=name or "y")(inputs) for name in outputs]
    model = keras.Model(inputs, made)
    expected = read(pandas.read_csv(path), labels, model)
    assert_mapped_and_equal(read(path, labels, model), expected)


@pytest.mark.parametrize("column", [*MISSING, "texts"])
def test_what_cannot_be_used(column, tmp_path):
    path = tmp_path / "table.csv"
    FRAME[["whole", column, "floats"]].to_csv(path, index=False)
    words = "has columns that hold no numbers: 'texts'"
    if column in MISSING:
        words = f"rows .* has 1 missing values in column '{column}', .* row 37"
    model = network(FRAME[["whole", column]])
    if column in ("texts", "a late missing one"):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(InputError, match=words):
        read(path, "floats", model)


#: Before pandas 3, a row that begins a piece may have too many values: those at
#: its end are left out.
CUT = pytest.mark.skipif(
    int(pandas.__version__.split(".")[0]) < 3, reason="pandas cuts such rows"
)


@pytest.mark.parametrize(
    "end", [pytest.param("1,2,3\n", marks=CUT), '"1', b"\xff,1\n"]
)
def test_a_file_whose_end_is_damaged(end, tmp_path):
    path = tmp_path / "table.csv"
    FRAME[["whole", "floats"]].to_csv(path, index=False)
    with path.open("ab") as file:
        file.write(end if isinstance(end, bytes) else end.encode())
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    with pytest.raises(InputError, match=r"csv (cannot be read|is not UTF-8)"):
        read(path, "floats", model)


def test_no_more_is_read_than_is_looked_at(tmp_path):
    path = tmp_path / "table.parquet"
    typed()[["size", "y"]].to_parquet(path)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    x, y = find_examples(model, path, Options("y", most=4))
    assert 4 <= len(x) == len(y) < ROWS


@pytest.mark.parametrize("name", FILES)
def test_a_table_without_rows(name, tmp_path):
    FILES[name][0](FRAME[["whole", "floats"]].iloc[:0], tmp_path / name)
    (frame,) = table_files.frames_of(tmp_path / name)[1]
    assert list(frame.columns) == ["whole", "floats"]
    assert not len(frame)
