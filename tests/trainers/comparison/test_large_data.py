"""Data that are larger than memory give the results of the same in memory."""

import json

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf

import normzoo
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_data
from normzoo.trainers.comparison.own_config import make_own_plan
from normzoo.trainers.data import array_files
from normzoo.trainers.data.disk import archives, pieces, scratch
from normzoo.trainers.data.sources import table_files

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (60, 4, 4, 1), np.uint8)
AGES = RNG.normal(size=(60, 2)).astype("float32")
LABELS = IMAGES.mean((1, 2, 3)).astype("float32")
WEIGHTS = RNG.uniform(0.5, 1.5, 60).astype("float32")
CITIES = RNG.choice(["Rome", "Bonn", "Xi'an"], (60, 1))
MIXED = {"image": IMAGES, "age": AGES, "city": CITIES}
TABLE = pandas.DataFrame({f"age {i}": AGES[:, i].astype(float) for i in (0, 1)})
TABLE["label"] = LABELS.astype(float)
RUNS = {
    "norms": ("as_is",),  # all get the same data
    "epochs": 2,
    "batch_size": 8,
    "seeds": 2,
    "tune": False,
}


class Batches(keras.utils.PyDataset):
    """Batches of 25, the last one of 10."""

    def __len__(self):
        return 3

    def __getitem__(self, i):
        some = slice(25 * i, 25 * i + 25)
        return IMAGES[some], LABELS[some], WEIGHTS[some]


def network(kind):
    """Returns a model of images, of ages, or of both and cities."""
    image = keras.Input((4, 4, 1), name="image")
    age = keras.Input((2,), name="age")
    city = keras.Input((1,), name="city", dtype="string")
    x = keras.layers.Rescaling(1 / 255)(image)
    x, inputs = keras.layers.Flatten()(x), image
    if kind == "several inputs":
        known = keras.layers.StringLookup(
            vocabulary=["Bonn", "Rome"], output_mode="one_hot"
        )
        x = keras.layers.Concatenate()([x, age, known(city)])
        inputs = {"image": image, "age": age, "city": city}
    elif "table" in kind:
        x = inputs = age
    x = keras.layers.Dense(4, use_bias=False)(x)
    x = keras.layers.BatchNormalization()(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.compile("adam", "mse", weighted_metrics=["mae"])
    return model


def stream(*arrays):
    return tf.data.Dataset.from_tensor_slices(arrays)


def written(path, write):
    """Returns the path of a file that is written by a function of it."""
    write(path)
    return path


#: Functions of a folder that return data that are larger than memory, and the
#: same as arrays.
LARGE = {
    "examples": (lambda folder: stream(IMAGES, LABELS), (IMAGES, LABELS)),
    "several inputs": (
        lambda folder: stream(MIXED, LABELS).batch(7),
        (MIXED, LABELS),
    ),
    "PyDataset": (lambda folder: Batches(), (IMAGES, LABELS, WEIGHTS)),
    "other types": (
        lambda folder: (IMAGES.astype("uint32"), LABELS.astype(float)),
        (IMAGES, LABELS),
    ),
    "a table": (
        lambda folder: written(
            folder / "mine.csv", lambda path: TABLE.to_csv(path, index=False)
        ),
        (AGES, LABELS),
    ),
    "a Parquet table": (
        lambda folder: written(folder / "mine.parquet", TABLE.to_parquet),
        (AGES, LABELS),
    ),
    "compressed": (
        lambda folder: written(
            folder / "mine.npz",
            lambda path: np.savez_compressed(
                path, x_train=IMAGES, y_train=LABELS
            ),
        ),
        (IMAGES, LABELS),
    ),
}
#: Those whose runs are trained. The others write the same file.
TRAINED = ("several inputs", "PyDataset")


@pytest.fixture
def small_memory(tmp_path, monkeypatch):
    """Everything is larger than memory; returns the temporary folder."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(scratch.tempfile, "tempdir", None)
    monkeypatch.setattr(pieces, "free_bytes", lambda: 1000)
    monkeypatch.setattr(table_files, "BYTES", 300)
    monkeypatch.setattr(archives, "BYTES", 300)
    return temporary


def results(model, given, workdir):
    found = normzoo.compare_norms(model, given, workdir=workdir, **RUNS)
    found = {str(each.run.name): each.result for each in found.found.outcomes}
    return {
        name: {k: v for k, v in each.items() if isinstance(v, (int, float))}
        | {"seconds": 0}
        for name, each in found.items()
    }


def write(model, given, folder):
    """Writes a model and its data as a comparison does before its runs."""
    plan = {key: RUNS[key] for key in ("norms", "seeds", "tune", "batch_size")}
    make_own_plan(model, find_data(model, given), folder, **plan)
    (path,) = folder.glob("data-*")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", [k for k in LARGE if k not in TRAINED])
def test_files_are_those_of_arrays(kind, tmp_path, request):
    make, arrays = LARGE[kind]
    model, folders = network(kind), (tmp_path / "arrays", tmp_path / "stream")
    for folder in folders:
        folder.mkdir()
    in_memory = write(model, arrays, folders[0])
    temporary = request.getfixturevalue("small_memory")
    path = write(model, make(tmp_path), folders[1])
    assert path.name == in_memory.name
    assert array_files.load(path, 0).train.is_on_disk
    assert not list(temporary.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("kind", TRAINED)
def test_results_are_those_of_arrays(kind, tmp_path, request):
    make, arrays = LARGE[kind]
    model, in_memory = network(kind), tmp_path / "arrays"
    expected = results(model, arrays, in_memory)
    assert len(expected) == 2
    temporary = request.getfixturevalue("small_memory")
    assert results(model, make(tmp_path), tmp_path / "stream") == expected
    names = [
        {path.name for path in folder.glob("data-*")}
        for folder in (in_memory, tmp_path / "stream")
    ]
    assert names[0] == names[1]
    groups = [
        json.loads((folder / "groups.json").read_text())
        for folder in (in_memory, tmp_path / "stream")
    ]
    assert groups[0] == groups[1]
    (path,) = (tmp_path / "stream").glob("data-*")
    assert array_files.load(path, 0).train.is_on_disk
    assert not list(temporary.iterdir())
    # A second call finds what the first one has written.
    before = path.stat()
    assert results(model, make(tmp_path), tmp_path / "stream") == expected
    assert path.stat() == before


def test_a_disk_that_is_full_leaves_nothing(tmp_path, monkeypatch):
    def full(where, size):
        raise InputError("The disk is full.")

    monkeypatch.setattr(array_files.archives, "check_room", full)
    with pytest.raises(InputError, match="disk is full"):
        normzoo.compare_norms(
            network("examples"),
            (IMAGES, LABELS),
            workdir=tmp_path / "new",
            **RUNS,
        )
    assert not (tmp_path / "new").exists()
