"""Norms and models of the user's own reach every process of a comparison."""

import json

import keras
import numpy as np
import pytest

import normzoo
from normzoo import layers, zoo
from normzoo.layers.lookup import look_up
from normzoo.trainers import compare
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.sweep import load_module, run_config_file
from normzoo.zoo.recurrent_norms import Stack, get_stack

CODE = """
import keras
from normzoo import zoo
from normzoo.zoo.recurrent_norms import Stack

@keras.saving.register_keras_serializable(package="own_code_tests")
class Half(keras.layers.Layer):
    def call(self, x):
        return x / 2

def model(input_shape, num_classes, **knobs):
    return zoo.mlp(input_shape, num_classes, **knobs)

STACK = Stack("keras", between="batch")
"""
CONFIG = """
from normzoo import layers, zoo
from normzoo.configs import default
import own_code

layers.NORMS["registered"] = own_code.Half

def get_config(name="registered model"):
    zoo.MODELS[name] = own_code.model
    return default.get_config()
"""
#: Of the model and of its norm.
NAMES = [
    ("own_code:model", "own_code.py:Half"),
    ("argument", "registered"),
]


@pytest.fixture
def config_file(tmp_path, monkeypatch):
    (tmp_path / "own_code.py").write_text(CODE)
    (tmp_path / "mine.py").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for table in (layers.NORMS, zoo.MODELS):  # as they were, afterwards
        for name in ("registered", "argument"):
            monkeypatch.setitem(table, name, None)
            del table[name]
    return f"{tmp_path}/mine.py:argument"


@pytest.mark.slow
def test_names_of_ones_own_in_one_process_and_in_two(
    config, config_file, tmp_path
):
    run_config_file(config_file)  # as the script has
    config.epochs = 1
    config.compare.baseline = ""
    sweep = [
        {"model.name": model, "model.norm": norm, "seed": seed}
        for model, norm in NAMES
        for seed in (0, 1)
    ]
    logs = []
    for jobs in (1, 2):
        workdir = tmp_path / f"{jobs} jobs"
        compare.compare(
            config, sweep, workdir, jobs=jobs, config_file=config_file
        )
        results = sorted(workdir.glob("*/DONE"))
        assert len(results) == 4
        losses = [json.loads(path.read_text())["test_loss"] for path in results]
        # Those of two seeds: it is the same model by two names.
        assert len(set(losses)) == 2
        logs.append(
            {
                path.parent.name: (path.with_name("metrics.jsonl").read_text())
                for path in results
            }
        )
    assert logs[0] == logs[1]


def test_a_module_alone_registers_what_it_does_when_imported(config_file):
    load_module(config_file)
    assert "registered" in layers.NORMS
    assert "argument" not in zoo.MODELS


def test_a_stack_of_ones_own(config_file):
    assert get_stack("own_code:STACK") == Stack("keras", between="batch")
    with pytest.raises(ValueError, match=r"must be a `Stack`.*own_code:model"):
        get_stack("own_code:model")


OWN_CODE = """
import keras

@keras.saving.register_keras_serializable(package="own_norms_tests")
class Half(keras.layers.Layer):
    def call(self, x):
        return x / 2

class Note(keras.callbacks.Callback):
    def on_train_end(self, logs=None):
        with open(__file__.replace("own_norms.py", "noted.txt"), "a") as file:
            file.write("trained\\n")

def callbacks():
    return [Note()]
"""


def network():
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(4, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    return model


@pytest.mark.slow
def test_norms_and_callbacks_of_ones_own_reach_every_process(
    tmp_path, monkeypatch
):
    (tmp_path / "own_norms.py").write_text(OWN_CODE)
    monkeypatch.syspath_prepend(tmp_path)
    half = look_up("own_norms:Half", {}, "norm")
    monkeypatch.setitem(layers.NORMS, "registered", None)
    layers.register("registered", half)
    x = np.random.default_rng(0).normal(size=(40, 5))
    group = keras.saving.serialize_keras_object(
        layers.GroupNormalization(groups=2)
    )
    found = normzoo.compare_norms(
        network,
        (x, x[:, 0]),
        norms=("registered", half, group, f"{tmp_path}/own_norms.py:Half"),
        epochs=1,
        batch_size=8,
        seeds=1,
        tune=False,
        callbacks=f"{tmp_path}/own_norms.py:callbacks",
        workdir=tmp_path / "runs",
        jobs=2,
    )
    assert (tmp_path / "noted.txt").read_text() == "trained\n" * 4
    names = [row.variant for row in found.summary.rows]
    expected = ["registered", "Half", "GroupNormalization(groups=2)"]
    assert names[:3] == [f"norm={name}" for name in expected]
    losses = [row.values["test_loss"] for row in found.summary.rows]
    assert losses[0] == losses[1] == losses[3]
    assert losses[2] != losses[1]
    assert type(found.best("Half").layers[-2]).__name__ == "Half"
    assert found.best(expected[2]).layers[-2].groups == 2


@pytest.mark.slow
def test_registered_norms_reach_the_processes_of_any_comparison(
    config, tmp_path, monkeypatch
):
    monkeypatch.setitem(layers.NORMS, "mine", None)
    layers.register("mine", keras.layers.UnitNormalization)
    config.epochs, config.compare.baseline = 1, ""
    sweep = [{"model.norm": norm} for norm in ("mine", "none")]
    compare.compare(config, sweep, tmp_path / "runs", seeds=1, jobs=2)
    assert len(list((tmp_path / "runs").glob("*/DONE"))) == 2
    layers.register("mine", lambda **kwargs: keras.layers.Identity(**kwargs))
    with pytest.raises(InputError, match="must be able to import"):
        compare.compare(config, sweep, tmp_path / "other", seeds=2, jobs=2)
    assert not (tmp_path / "other").exists()


@keras.saving.register_keras_serializable("own_code_tests")
class Block(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = keras.layers.Dense(units)
        self.norm = keras.layers.BatchNormalization()

    def build(self, shape):
        self.dense.build(shape)
        self.norm.build((*shape[:-1], self.units))

    def call(self, x):
        return keras.ops.relu(self.norm(self.dense(x)))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@pytest.mark.slow
def test_norms_in_layers_of_ones_own_are_compared(tmp_path):
    model = keras.Sequential(
        [keras.Input((5,)), Block(4, name="block"), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(40, 5))
    found = normzoo.compare_norms(
        model,
        (x, x[:, 0]),
        norms=("as_is", "batch", "layer"),
        only=keras.layers.BatchNormalization,
        epochs=1,
        batch_size=8,
        seeds=1,
        tune=False,
        workdir=tmp_path,
    )
    as_is, batch, layer = (r.values["test_loss"] for r in found.summary.rows)
    assert batch[0] == pytest.approx(as_is[0], rel=1e-4)
    assert layer[0] != pytest.approx(as_is[0], rel=1e-4)
    norm = found.best("layer").get_layer("block").layer.norm
    assert type(norm) is layers.LayerNormalization


@pytest.mark.slow
def test_norms_are_put_into_a_model_without_any(tmp_path):
    hidden = keras.layers.Dense(4, activation="relu", name="hidden")
    model = keras.Sequential([keras.Input((5,)), hidden, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(40, 5))
    found = normzoo.compare_norms(
        model,
        (x, x[:, 0]),
        insert="before_activation",
        epochs=1,
        batch_size=8,
        seeds=1,
        tune=False,
        workdir=tmp_path,
    )
    names = [row.variant for row in found.summary.rows]
    assert names == [f"norm={x}" for x in ("as_is", "batch", "layer", "group")]
    best = found.best("layer")
    assert type(best.get_layer("hidden_norm")) is layers.LayerNormalization
    assert len(found.best("as_is").weights) == 4
