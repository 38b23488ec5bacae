"""Workdirs with any name that a file system takes."""

import json
import os
import pathlib
import unicodedata

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing import event_accumulator

from normzoo.trainers.callbacks import ExactResume, NormStatistics
from normzoo.trainers.common import lock
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.common.paths import user_path
from normzoo.trainers.data import array_files
from normzoo.trainers.exporting.exporting import export
from normzoo.trainers.exporting.sources import of_file
from normzoo.trainers.exporting.wanted import Wanted
from normzoo.trainers.own import files
from normzoo.trainers.run.rundir import RunDir

from .comparison.made_folder import write_folder
from .comparison.made_found import ACCURACY, made_found

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
UMLAUT = "Größe"

#: What is odd -> the name.
NAMES = {
    "spaces": " two  words ",
    "composed": unicodedata.normalize("NFC", UMLAUT),
    "decomposed": unicodedata.normalize("NFD", UMLAUT),
    "emoji": "run 🎈",
    "trailing dot": "run.",
    "percent": "100%s %(x)d %20",
    "hash": "a#b?c".replace("?", ""),
    "dash": "-run",
    "assignment": "norm=batch,seed=0",
    "quotes": 'it\'s "it" <b>&amp;',
    "shell": "$HOME;`x`|y",
    "newline": "a\nb",
    "tilde": "~run",
    "long": "x" * 200,
    "longest": "x" * 255,
}
#: TensorFlow takes these for patterns.
REFUSED = ["[1]", "a*b", "what?", "{a,b}", "back\\slash", "\udcff"]


@pytest.fixture(scope="module")
def model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


def trained(folder, epochs):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.add(keras.layers.BatchNormalization())
    model.compile("sgd", "mse")
    callbacks = [ExactResume(folder / "run")]
    if epochs == 1:
        callbacks.append(NormStatistics(folder))
    history = model.fit(
        X, X[:, :2], epochs=epochs, verbose=0, callbacks=callbacks
    )
    return history.history["loss"]


@pytest.mark.quick("decomposed", "percent", "longest")
@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_any_name(name, model, tmp_path):
    folder = tmp_path / NAMES[name]
    with (
        lock.held(folder),
        pytest.raises(InputError, match="in use by"),
        lock.held(folder),
    ):
        pytest.fail("two hold it")
    (folder / "run").mkdir()
    RunDir(folder / "run").start({"a": 1}, {})
    assert RunDir(folder / "run").result({"a": 1}) is None
    # Names of files that hold models and arrays.
    path = files.save(model, folder)
    assert files.load(path).count_params() == model.count_params()
    data = array_files.write({"x_train": X, "y_train": X}, folder)
    assert array_files.load(data, 0).train.count == 26
    found = made_found({"a": [0.9, 0.8], "b": [0.7, 0.9]})
    summary = write_folder(found, folder / "compared", (ACCURACY,))
    assert summary.rows
    assert (folder / "compared/report.html").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["decomposed", "longest"])
def test_trainings_in_it(name, tmp_path):
    folder = tmp_path / NAMES[name]
    first = trained(folder, epochs=1)
    assert trained(folder, epochs=2)[:1] == first
    events = event_accumulator.EventAccumulator(str(folder / "norms")).Reload()
    assert events.Tags()["tensors"]


@pytest.mark.quick(".keras")
@pytest.mark.parametrize("suffix", ["", ".keras"])
def test_exports_of_it(model, suffix, tmp_path):
    folder = tmp_path / NAMES["percent"]
    folder.mkdir()
    model.save(folder / "model.keras")
    name = "y" * (255 - len(suffix)) + suffix
    wanted = Wanted(format="keras" if suffix else "saved_model", repeats=1)
    result = export(of_file(folder / "model.keras"), folder / name, wanted)
    assert result.path.exists()
    assert sorted(x.name for x in folder.iterdir()) == ["model.keras", name]


@pytest.mark.parametrize("name", REFUSED)
def test_what_tensorflow_cannot_find_again_is_refused(name, tmp_path):
    folder = tmp_path / name
    with pytest.raises(InputError, match="Name another"):
        RunDir(folder / "run").check({})
    with pytest.raises(InputError, match="Name another"):
        trained(folder, epochs=1)
    assert not folder.exists()


#: What a user writes, in a folder where `here` is -> the folder.
WRITTEN = {
    "relative": ("here", "here"),
    "through another": ("here/../here", "here"),
    "current": (".", "."),
    "home": ("~/here", "here"),
    "no home": ("./~", "~"),
    "link": ("link", "here"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_paths_as_users_write_them(name, tmp_path, monkeypatch):
    written, meant = WRITTEN[name]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "link").symlink_to("here")
    (tmp_path / "here").mkdir()
    (tmp_path / "here/run").mkdir()
    run = RunDir(f"{written}/run")
    with run.held():
        run.start({"a": 1}, {})
    held = json.loads((tmp_path / meant / "run/config.json").read_text())
    assert held["config"] == {"a": 1}
    # As the folder is found again from elsewhere.
    path = user_path(written)
    assert os.path.samefile(path, pathlib.Path(tmp_path, meant))
