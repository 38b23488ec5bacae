"""Trained models in files of all formats, and the check before."""

import importlib.util
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

import normzoo
from normzoo import layers
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.common.served import Served
from normzoo.trainers.exporting import formats
from normzoo.trainers.exporting.exporting import export
from normzoo.trainers.exporting.formats import FORMATS
from normzoo.trainers.exporting.wanted import Wanted

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5)).astype("float32")


def trained(*others, dtype=None, inputs=(5,)):
    """A model whose batch norm is not that of the start."""
    norm = L.BatchNormalization(name="norm", dtype=dtype)
    first = [L.Dense(6, name="first", dtype=dtype), norm, L.ReLU(dtype=dtype)]
    model = keras.Sequential([keras.Input(inputs), *(others or first)])
    for weight in model.weights:
        if weight.name.startswith(("moving", "gamma", "beta")):
            weight.assign(np.abs(RNG.normal(1, 0.2, weight.shape)))
    return model


@pytest.fixture(scope="module")
def served():
    model = trained()
    labels = np.argmax(model(X), -1)
    labels[:10] = 0
    return Served(
        model,
        X,
        "made-up data",
        calibration=X,
        labels=labels,
        decide=lambda outputs: np.argmax(outputs, -1),
    )


def path_of(folder, name):
    return folder / f"model{FORMATS[name].suffix}"


def wanted(name, **others):
    return Wanted(format=name, repeats=1, **others)


def needs(name):
    """Skips a test if the libraries of a format are not installed."""
    for module in FORMATS[name].needs:
        if not importlib.util.find_spec(module):
            pytest.skip(f"{module} is not installed")


@pytest.mark.quick("keras", "saved_model")
@pytest.mark.parametrize("name", FORMATS)
def test_each_format_computes_the_same(name, served, tmp_path):
    needs(name)
    path = path_of(tmp_path, name)
    result = export(served, path, wanted(name))
    assert list(tmp_path.iterdir()) == [path]
    assert result.changed == {"norm": "folded into first"}
    assert 0 <= result.difference < 1e-5
    assert result.scale == pytest.approx(np.abs(served.model(X)).max())
    assert result.before.weights - result.after.weights == 4 * 6
    assert result.before.accuracy == result.after.accuracy > 0.7
    assert list(result.after.seconds) == [1, 32]
    said = str(result)
    assert "norm: folded into first" in said
    assert "40 examples from made-up data" in said
    # What is in the file, run in another way than the check's.
    y = FORMATS[name].load(str(path), served.model)(X)
    y = keras.tree.flatten(y)[0]
    np.testing.assert_allclose(y, served.model(X), atol=1e-5)


@pytest.mark.slow
def test_the_program_that_serves_imports_no_normzoo(served, tmp_path):
    page = pathlib.Path(normzoo.__file__).parent / "docs/export.md"
    program = page.read_text().partition("```text\n# serve.py\n")[2]
    program = program.partition("```")[0] + (
        "assert not [x for x in sys.modules if x.startswith('normzoo')]\n"
    )
    path = path_of(tmp_path, "saved_model")
    export(served, path, wanted("saved_model"))
    given, made = tmp_path / "x.npy", tmp_path / "y.npy"
    np.save(given, X)
    command = [sys.executable, "-c", program, path, given, made]
    subprocess.run(command, check=True, cwd=tmp_path.anchor)
    np.testing.assert_allclose(np.load(made), served.model(X), atol=1e-5)


class Noise(L.Layer):
    """A layer that no copy computes alike."""

    def call(self, x):
        return x + keras.random.normal(keras.ops.shape(x))


def test_what_differs_is_not_written(tmp_path):
    served = Served(trained(L.Dense(3), Noise()), X, "made-up data")
    path = path_of(tmp_path, "keras")
    path.write_text("an older one")
    with pytest.raises(InputError, match=r"differ by .* Nothing was written"):
        export(served, path, wanted("keras"))
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "an older one"


def broken(model, path, signature, calibration):
    pathlib.Path(path).write_text("half of it")
    raise RuntimeError("no such operation.\nMore lines")


def test_a_converter_that_fails_leaves_nothing(served, tmp_path, monkeypatch):
    monkeypatch.setitem(
        FORMATS, "keras", formats.Format(suffix=".keras", write=broken, load=0)
    )
    with pytest.raises(InputError, match=r"'keras': no such operation[.] Any"):
        export(served, path_of(tmp_path, "keras"), wanted("keras"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "file", "others", "words"),
    [
        ("onnx", "m.tflite", {}, "ends with .onnx. Received: .*m.tflite"),
        ("keras", "m.keras", {"batch_size": 64}, "40 examples for a batch"),
        ("keras", "m.keras", {"fixed": {"z": 1}}, "no input 'z'"),
        ("litert", "m.tflite", {"quantize": "int8"}, "Pass the data"),
    ],
)
def test_what_cannot_be_is_said(served, name, file, others, words, tmp_path):
    needs(name)
    served = served._replace(calibration=None)
    with pytest.raises(InputError, match=words):
        export(served, tmp_path / file, wanted(name, **others))
    assert not list(tmp_path.iterdir())


def test_a_folder_of_something_else_stays(served, tmp_path, monkeypatch):
    (tmp_path / "mine").touch()
    monkeypatch.chdir(tmp_path)
    for path in (pathlib.Path("."), tmp_path, tmp_path / "mine"):
        with pytest.raises(InputError, match="and no SavedModel"):
            export(served, path, wanted("saved_model"))
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_a_library_that_is_missing(name, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(InputError, match=rf"pip install 'normzoo\[{name}\]'"):
        wanted(name)


@pytest.mark.slow
def test_integers_decide_alike(served, tmp_path):
    needs("litert")
    path = path_of(tmp_path, "litert")
    plain = export(served, path, wanted("litert"))
    result = export(served, path, wanted("litert", quantize="int8"))
    assert 0 < result.difference < 0.05 * result.scale
    assert result.after.accuracy == pytest.approx(plain.after.accuracy, abs=0.1)
    # The kernel and the bias are integers, the rest is what any file has.
    assert plain.after.weights == result.after.weights


@pytest.mark.slow
@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_mixed_precision_becomes_float32(name, tmp_path):
    needs(name)
    model = trained(dtype="mixed_bfloat16")
    path = path_of(tmp_path, name)
    result = export(Served(model, X, "made-up data"), path, wanted(name))
    assert result.changed[model.name] == "computes in float32"
    assert result.difference < 0.02 * result.scale


@pytest.mark.slow
def test_a_loop_needs_a_fixed_batch_in_litert(tmp_path):
    needs("litert")
    x = RNG.normal(size=(5, 4, 3)).astype("float32")
    served = Served(trained(L.LSTM(2), inputs=(4, 3)), x, "made-up data")
    path = path_of(tmp_path, "litert")
    with pytest.raises(InputError, match="Set --batch_size=1"):
        export(served, path, wanted("litert"))
    result = export(served, path, wanted("litert", batch_size=2))
    assert result.examples == 4  # Whole batches.
    assert list(result.after.seconds) == [2]


@pytest.mark.quick("keras")
@pytest.mark.parametrize("name", ["keras", "onnx"])
def test_an_input_that_is_fixed(name, tmp_path):
    needs(name)
    labels = keras.Input((), dtype="int32", name="labels")
    noise = keras.Input((5,), name="noise")
    norm = layers.Conditional(
        layers.get("batch")(), layers.ClassCondition(3), name="norm"
    )
    y = norm(L.Dense(4, name="first")(noise), condition=labels)
    model = keras.Model([noise, labels], y)
    norm.source.gamma.assign(RNG.normal(size=(3, 4)))
    inputs = [X, np.arange(40, dtype="int32") % 3]
    result = export(
        Served(model, inputs, "noise"),
        path_of(tmp_path, name),
        wanted(name, fixed={"labels": 2}),
    )
    assert result.changed["norm"] == "folded into first"
    y = FORMATS[name].load(str(result.path), model)(X)
    expected = model([X, np.full(40, 2)])
    np.testing.assert_allclose(
        keras.tree.flatten(y)[0], expected, rtol=1e-4, atol=1e-5
    )


class Own(keras.Model):
    """A model with its own `call`, several inputs and several outputs."""

    def __init__(self):
        super().__init__(name="own")
        self.dense = L.Dense(3)

    def call(self, x):
        return {"b": self.dense(x["u"]), "a": 2 * x["w"]}


@pytest.mark.quick("saved_model")
@pytest.mark.parametrize("name", ["saved_model", "onnx"])
def test_a_model_with_its_own_call(name, tmp_path):
    needs(name)
    path = path_of(tmp_path, name)
    inputs = {"u": X[:9], "w": X[:9, :2]}
    model = Own()
    model(inputs)
    served = Served(model, inputs, "made-up data")
    with pytest.raises(InputError, match="batch size cannot be fixed"):
        export(served, path, wanted(name, batch_size=2))
    result = export(served, path, wanted(name))
    assert result.left == {"own": "it has a `call` of its own"}
    assert result.difference < 1e-6
    assert list(result.after.seconds) == [1, 9]
