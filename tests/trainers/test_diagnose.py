"""The script that says what is wrong with a trained model."""

import keras
import numpy as np
import pandas
import pytest

from . import killable


@pytest.fixture
def files(tmp_path):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.BatchNormalization(name="norm")]
    )
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(5, 1, (64, 3))
    np.savez(tmp_path / "data.npz", x_train=x, y_train=np.arange(64) % 2)
    frame = pandas.DataFrame(x, columns=["a", "b", "c"])
    frame.insert(0, "kind", ["x", "y"] * 32)
    frame.to_csv(tmp_path / "data.csv")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "data", "expected", "words"),
    [
        ("model.keras", "data.npz", 0, "late statistics: norm"),
        ("none.keras", "data.npz", 2, "cannot be loaded"),
        ("model.keras", "none.npz", 2, "cannot be read"),
        ("model.keras", "data.csv --label=kind", 0, "late statistics: norm"),
        ("model.keras", "data.csv --label=knid", 2, "no column 'knid'"),
    ],
)
def test_the_script(files, model, data, expected, words):
    code, said, errors = killable.script(
        "diagnose", f"--model={model}", *f"--data={data}".split(), folder=files
    )
    assert code == expected
    assert words in (errors if code else said)
