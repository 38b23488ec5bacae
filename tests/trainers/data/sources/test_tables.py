"""Tables: CSV, Parquet and frames with labels in them."""

import builtins

import keras
import numpy as np
import pandas
import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data.sources.finding import find_arrays, find_examples
from normzoo.trainers.data.sources.options import Options

FRAME = pandas.DataFrame(
    {
        "width": [1.5, 2, 3, 4],
        "height": [1, 2, 3, 4],
        "kind": ["b", "a", "b", "a"],
    }
)
NETWORK = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
WRITERS = {
    "table.csv": lambda frame, path: frame.to_csv(path, index=False),
    "with_index.csv": lambda frame, path: frame.to_csv(path),
    "table.TSV": lambda frame, path: frame.to_csv(path, sep="\t"),
    "table.parquet": lambda frame, path: frame.to_parquet(path),
}


def read(given, label=None, model=NETWORK, **others):
    options = Options(label=label)
    return find_arrays(model, {"train": given, **others}, options)


@pytest.mark.parametrize("name", [*WRITERS, "a frame"])
@pytest.mark.parametrize("label", [None, "kind"])
def test_all_tables_are_the_same_arrays(name, label, tmp_path, capsys):
    given = FRAME if label is None else FRAME[["kind", "width", "height"]]
    if name in WRITERS:
        WRITERS[name](given, tmp_path / name)
        given = str(tmp_path / name) if label else tmp_path / name
    found = read(given, label)
    expected = FRAME[["width", "height"]].to_numpy()
    np.testing.assert_array_equal(found["x_train"], expected)
    assert found["y_train"].tolist() == [1, 0, 1, 0]
    # The column is named where nobody has named it.
    assert ("last column" in capsys.readouterr().out) == (label is None)


def test_each_split_may_be_a_table(tmp_path):
    FRAME.to_csv(tmp_path / "test.csv")
    found = read(FRAME, "kind", test=tmp_path / "test.csv")
    np.testing.assert_array_equal(found["x_test"], found["x_train"])
    np.testing.assert_array_equal(found["y_test"], found["y_train"])


def test_several_targets():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    found = read(
        FRAME[["width", "height"]].assign(x=[5, 6, 7, 8]),
        ["width", "height"],
        model,
    )
    assert found["x_train"].tolist() == [[5], [6], [7], [8]]
    assert found["y_train"].shape == (4, 2)


def test_columns_go_to_the_inputs_of_their_names(tmp_path):
    WRITERS["table.csv"](FRAME, tmp_path / "table.csv")
    kind = keras.Input((1,), name="kind", dtype="string")
    width = keras.Input((1,), name="width")
    # Keras 3.12 wants a use of every input.
    known = keras.layers.StringLookup(vocabulary=["a"], output_mode="one_hot")
    both = keras.layers.Concatenate()([known(kind), width])
    model = keras.Model([kind, width], both)
    found = read(tmp_path / "table.csv", "height", model)
    texts, numbers = found["x_train"]
    assert texts[:, 0].tolist() == ["b", "a", "b", "a"]
    assert numbers.tolist() == [[1.5], [2], [3], [4]]


def test_a_frame_to_look_at_has_labels_if_they_are_named():
    x, y = find_examples(NETWORK, FRAME, Options(label="kind"))
    assert (x.shape, y.tolist()) == ((4, 2), [1, 0, 1, 0])
    x, y = find_examples(NETWORK, FRAME[["width", "height"]])
    assert (x.shape, y) == ((4, 2), None)


@pytest.mark.parametrize(
    ("text", "label", "words"),
    [
        ("a;b\n1;2\n", None, "one column.*separated by commas"),
        ("a,b\n1,2\n", "c", "no column 'c'.*It has: 'a', 'b'"),
        ("a,b,c\n1,x,0\n2,y,1\n", None, "no numbers: 'b'.*StringLookup"),
        ("a,b,c\n1,,0\n2,3,1\n", None, "1 missing values in column 'b'.*row 0"),
        ("a,b,c\n1,2,\n2,3,1\n", None, "1 missing values in column 'c'.*row 0"),
        ("", None, "cannot be read"),
        (b"\xff\xfe\x00\x01,\xff", None, "UTF-8: line 1 .* 0xff, byte 0 of"),
        (
            b"a,b\n1,2\n\xe9,3\n",
            None,
            "line 3 .* 0xe9, byte 8 of.*iconv",
        ),
        (None, None, "cannot be read: .*No such file"),
    ],
)
def test_tables_that_cannot_be_used(text, label, words, tmp_path):
    path = tmp_path / "mine.csv"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=words):
        read(path, label)


def test_a_file_that_is_no_parquet(tmp_path):
    (tmp_path / "mine.parquet").write_text("nothing")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "mine.parquet")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mine.csv", r"pip install pandas\.$"),
        ("mine.parquet", r"pip install pandas pyarrow\.$"),
    ],
)
def test_what_is_missing_is_named(name, words, tmp_path, monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "pandas":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError, match=words):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((np.ones((2, 2)), [0, 1]), "names a column of a table"),
        ("nowhere/at all", "no file or folder nowhere/at all"),
        ("", "has no name"),
    ],
)
def test_a_label_is_of_a_table_that_is_there(given, words):
    with pytest.raises(InputError, match=words):
        read(given, "kind" if isinstance(given, tuple) else None)
