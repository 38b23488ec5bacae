"""Models and examples from runs, and from files."""

import pathlib

import keras
import numpy as np
import pytest

from normzoo import zoo
from normzoo.trainers import classify
from normzoo.trainers.common.contents import by_content, located
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.common.served import Served
from normzoo.trainers.comparison.trainers import TRAINERS
from normzoo.trainers.export import export
from normzoo.trainers.exporting import sources
from normzoo.trainers.exporting.places import default_path, fixed_inputs
from normzoo.trainers.exporting.wanted import Wanted
from normzoo.trainers.gans import finished

from .. import killable

L = keras.layers
X = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    model = keras.Sequential(
        [
            keras.Input((4,)),
            L.Dense(3, name="first"),
            L.BatchNormalization(name="norm"),
            L.Dense(2),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(True))
    model.save(folder / "model.keras")
    np.savez(folder / "data.npz", x_train=X, y_train=Y)
    (folder / "diverged").mkdir()
    (folder / "diverged/config.json").write_text('{"config": {}}')
    (folder / "diverged/DONE").write_text('{"status": "diverged"}')
    return folder


def test_a_file_with_data(files):
    served = sources.of_file(files / "model.keras", str(files / "data.npz"))
    np.testing.assert_array_equal(served.inputs, X)
    np.testing.assert_array_equal(served.labels, Y)
    outputs = served.model.predict(X, verbose=0)
    found = served.decide(outputs)
    np.testing.assert_array_equal(found, np.argmax(outputs, -1))


def test_a_file_without_data(files):
    result = export(model=str(files / "model.keras"), format="keras")
    assert result.path == files / "model-inference.keras"
    assert "64 examples from random numbers" in str(result)
    assert result.changed == {"norm": "folded into first"}
    assert result.before.accuracy is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": "none.keras"}, "cannot be loaded"),
        ({"model": "data.npz"}, "cannot be loaded"),
        ({"workdir": "."}, "holds no finished run"),
        ({"workdir": ".", "data": "data.npz"}, "A run has its own data"),
        ({"workdir": "diverged"}, "has diverged"),
        ({"model": "model.keras", "label": "y"}, "no data were given"),
        ({}, "Either a run's workdir or the path of a model"),
        ({"model": "none.keras", "format": "tflite"}, "Unknown format"),
        (
            {"model": "none.keras", "quantize": "int8"},
            "Only the format 'litert'",
        ),
        ({"model": "none.keras", "quantize": "int4"}, "Unknown quantize"),
    ],
)
def test_what_cannot_be_read_is_said(files, arguments, words, monkeypatch):
    monkeypatch.chdir(files)
    before = sorted(files.iterdir())
    with pytest.raises(InputError, match=words):
        export(**{"format": "keras", **arguments})
    assert sorted(files.iterdir()) == before


@pytest.mark.parametrize(
    ("path", "workdir", "wanted", "expected"),
    [
        ("a/m.keras", None, {"format": "keras"}, "a/m-inference.keras"),
        ("a/m.keras", None, {"format": "saved_model"}, "a/m-inference"),
        ("a/m.keras", None, {"format": "onnx"}, "a/m.onnx"),
        ("r/checkpoints/final.keras", "r", {"format": "keras"}, None),
        (
            "a/m.keras",
            None,
            {"format": "litert", "quantize": "int8"},
            "a/m-int8.tflite",
        ),
    ],
)
def test_where_it_goes(path, workdir, wanted, expected):
    served = Served(None, None, "", path=pathlib.Path(path))
    found = default_path(served, Wanted(**wanted), workdir)
    assert found == pathlib.Path(expected or "r/export/final.keras")


def test_fixed_inputs():
    found = fixed_inputs(["labels=3", "style=0.5,1"])
    assert found["labels"] == 3
    np.testing.assert_array_equal(found["style"], [0.5, 1])
    for text in ("labels", "labels=", "labels=x"):
        with pytest.raises(InputError, match="takes NAME=VALUE"):
            fixed_inputs([text])


@pytest.mark.parametrize("name", TRAINERS)
def test_a_config_is_restored(name):
    settings = TRAINERS[name].settings
    config = settings.defaults()
    config.seed = 7
    if "model" in config:
        config.model.name = "mlp"
    restored = settings.restored(settings.resolve(config))
    assert settings.resolve(restored) == settings.resolve(config)
    settings.checked(restored)


def test_files_are_found_by_their_contents(tmp_path):
    path = tmp_path / "data-0123456789ab.npz"
    path.touch()
    gone = tmp_path / "x-0123456789ab.h5"
    given = {"a": [str(path), "other"], "b": str(gone)}
    held = by_content(given)
    assert located(held, [tmp_path.parent, tmp_path]) == {
        "a": [str(path), "other"],
        "b": gone.name,
    }


@pytest.mark.slow
def test_a_run(config, tmp_path):
    config.model.norm, config.epochs = "batch", 1
    config.model.weight_norm = "weight"
    done = classify.train(config, tmp_path / "run", verbose=0)
    result = export(workdir=tmp_path / "run", format="saved_model")
    assert result.path == tmp_path / "run/export/final"
    assert result.source == "the test split"
    assert result.before.accuracy == pytest.approx(done["test_accuracy"])
    assert "WeightNormalization became its kernel" in result.changed.values()
    # The run is what it was.
    assert classify.train(config, tmp_path / "run", verbose=0) == done


def test_the_generator_of_a_gan(toy_gan, tmp_path):
    toy_gan.conditional = True
    generator = zoo.toy_generator(
        toy_gan.generator.latent_dim, norm="batch", classes=8, base_width=4
    )
    found = finished.served(toy_gan, {"generator": generator}, tmp_path)
    assert found.source == "the generator's noise"
    noise, labels = found.inputs
    assert noise.shape == (256, toy_gan.generator.latent_dim)
    assert set(labels) == set(range(8))
    assert not np.array_equal(noise, found.calibration[0])
    assert generator(found.inputs).shape == (256, 2)


@pytest.mark.slow
def test_the_script(files, tmp_path):
    flags = ("--model=model.keras", "--data=data.npz", "--format=saved_model")
    to = f"--to={tmp_path / 'a folder' / 'served'}"
    code, said, errors = killable.script("export", *flags, to, folder=files)
    assert code == 0, errors
    assert "norm: folded into first" in said
    assert "accuracy" in said
    assert (tmp_path / "a folder/served/saved_model.pb").exists()
