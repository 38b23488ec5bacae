"""Norms and models of the user's own reach every process of a comparison."""

import json

import pytest

from normzoo import layers, zoo
from normzoo.trainers import compare
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
    with pytest.raises(ValueError, match=r"is a `Stack`.*own_code:model"):
        get_stack("own_code:model")
