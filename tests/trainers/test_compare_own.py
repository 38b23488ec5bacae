"""The command that compares norms in a model of one's own."""

import json

import numpy as np
import pytest

from . import killable

CODE = """
import keras

def network(*layers, outputs=1):
    last = keras.layers.Dense(outputs)
    return keras.Sequential([keras.Input((5,)), *layers, last])

def bare():
    model = network()
    model.compile("sgd", "mse")
    return model

def uncompiled():
    return network(keras.layers.BatchNormalization(name="norm"))

def build():
    model = uncompiled()
    model.compile("sgd", "mse")
    return model

def broken():
    return network(keras.layers.Dense(widht))

def needy(units):
    return build()

def numbered():
    model = network(keras.layers.BatchNormalization(), outputs=3)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model

def classes():
    model = network(keras.layers.BatchNormalization(), outputs=3)
    model.compile("sgd", "categorical_crossentropy")
    return model
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.py").write_text(CODE)
    x = np.random.default_rng(0).normal(size=(40, 5))
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=x[:, 0])
    for name, pair in {
        "narrow": (x[:, :3], x[:, 0]),
        "nan": (np.where(x == x.max(), np.nan, x), x[:, 0]),
        "same": (x, 0 * x[:, 0]),
        "short": (x, x[:30, 0]),
        "few": (x[:8], x[:8, 0]),
        "tiny": (x[:2], x[:2, 0]),
        "more": (x, np.arange(40) % 5),
    }.items():
        np.savez(tmp_path / f"{name}.npz", x_train=pair[0], y_train=pair[1])
    return tmp_path


def compare(folder, *flags, model="mine.py:build", data="mine.npz", **others):
    return killable.script(
        "compare",
        f"--model={model}",
        f"--data={data}",
        *(f"--{name}={value}" for name, value in others.items()),
        "--workdir=runs",
        "--epochs=1",
        "--batch_size=8",
        *flags,
        folder=folder,
    )


@pytest.mark.slow
def test_a_comparison_from_its_command_to_its_report(folder):
    flags = ["--norms=as_is,layer", "--seeds=1"]
    code, said, errors = compare(folder, "--dry_run", *flags)
    assert code == 0, errors
    assert "2 variants, compared with norm=as_is" in said
    run = "norm=layer,learning_rate=0.00316,seed=0"
    assert f"pending  {run}" in said
    assert not (folder / "runs").exists()
    code, said, errors = compare(folder, *flags)
    assert code == 0, errors
    assert "Results: runs/report.html" in said
    summary = json.loads((folder / "runs/summary.json").read_text())
    assert [row["variant"] for row in summary["rows"]] == [
        "norm=as_is",
        "norm=layer",
    ]
    assert "mine.py:build" in (folder / "runs/report.html").read_text()
    files = {
        path: path.read_bytes()
        for path in (folder / "runs").iterdir()
        if path.is_file()
    }
    _, said, _ = compare(folder, "--dry_run", *flags)
    assert f"finished {run}" in said
    assert "pending" not in said
    for path, content in files.items():
        assert path.read_bytes() == content


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": "mine.py:make"}, "mine.py has no attribute 'make'"),
        ({"model": "mine.py"}, "Expected: 'module:function' or 'file.py:fun"),
        ({"model": "mine.py:needy"}, "called without arguments"),
        ({"model": "mine.py:broken"}, "mine.py raises NameError: name 'widht'"),
        ({"model": "mine.keras"}, "there is no such file"),
        ({"model": "other.py:build"}, "'other.py:build' cannot be found"),
        ({"model": "mine.py:uncompiled"}, "is not compiled"),
        ({"model": "mine.py:bare"}, 'Set insert="before_activation" to put'),
        ({"model": "mine.py:classes"}, "do not fit the model's outputs"),
        ({"data": "narrow.npz"}, "takes examples of shape (5,)"),
        ({"data": "none.npz"}, "cannot be read"),
        ({"data": "nan.npz"}, "not finite: 1 of 200"),
        ({"data": "same.npz"}, "All labels in y_train are the same"),
        ({"data": "short.npz"}, "40 examples and y_train has 30"),
        ({"data": "few.npz"}, "batch_size must be 1 to 5"),
        ({"data": "tiny.npz"}, "too few to hold some out"),
        ({"model": "mine.py:numbered", "data": "more.npz"}, "from 0 to 4, but"),
        ({"data": ""}, "needs --data, see --help"),
        ({"tune": "fast"}, "--tune takes True, False or learning rates"),
        ({"metric": "auc"}, "Unknown metric"),
        ({"only": "norm,first"}, "no layer 'first'"),
    ],
    ids=lambda value: "".join(value.values()) if type(value) is dict else "",
)
def test_what_cannot_be_compared_ends_with_one_line(folder, arguments, words):
    code, _, errors = compare(folder, "--seeds=1", **arguments)
    assert code == 2, errors
    (line,) = [x for x in errors.splitlines() if x.startswith("error: ")]
    assert words in line
    assert "Traceback" not in errors
    assert not (folder / "runs").exists()


@pytest.mark.slow
def test_the_traceback_of_the_users_code_is_printed_on_request(folder):
    code, _, errors = compare(folder, model="mine.py:broken")
    assert code == 2
    assert "(--verbosity=1 prints the traceback.)" in errors
    code, _, errors = compare(folder, "--verbosity=1", model="mine.py:broken")
    assert code == 2
    assert "Traceback" in errors
    assert errors.splitlines()[-1].endswith("name 'widht' is not defined")


@pytest.mark.slow
def test_flags_are_the_arguments_of_compare_norms(folder):
    code, said, errors = compare(
        folder,
        "--dry_run",
        "--norms=as_is,layer",
        only="norm",
        tune="0.1,0.2",
        metric="loss",
        least=0.25,
        start="weights",
    )
    assert code == 0, errors
    assert "difference that counts is 0.250." in " ".join(said.split())
    assert "norm=layer,learning_rate=0.2,seed=0" in said
