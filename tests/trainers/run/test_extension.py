"""A finished run goes on to more epochs as if it had always had them."""

import json

import keras
import numpy as np
import pytest

from normzoo.trainers import classify, compare
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.run.rundir import RunDir
from normzoo.trainers.run.session import Session
from normzoo.trainers.supervised.trainer import resolve

from ..equal_runs import untimed


def train(config, workdir, epochs, session=None):
    config.epochs = epochs
    return classify.train(config, workdir, verbose=0, session=session)


def assert_equal(extended, whole):
    log = "metrics.jsonl"
    assert (extended / log).read_text() == (whole / log).read_text()
    models = [
        keras.saving.load_model(folder / "checkpoints/final.keras")
        for folder in (extended, whole)
    ]
    for got, expected in zip(*(m.variables for m in models), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.slow
@pytest.mark.parametrize("validation", [False, True])
def test_a_longer_run_has_the_same_bits(config, validation, tmp_path):
    config.population.validation = validation
    config.model.dropout = 0.2
    config.optimizer.warmup_steps = 5
    config.probe = "layers"
    with Session(reuse_models=True) as session:  # but for what goes on
        first = train(config, tmp_path / "run", 2, session)
        whole = train(config, tmp_path / "whole", 4, session)
    second = train(config, tmp_path / "run", 4)
    assert (first["steps"], second["steps"]) == (36, 72)
    assert untimed(second) == untimed(whole)
    assert_equal(tmp_path / "run", tmp_path / "whole")
    held = json.loads((tmp_path / "run/config.json").read_text())
    assert held["config"]["epochs"] == 4
    assert held["extended"]["config"] == {"epochs": 2}
    assert held["extended"]["versions"] == held["versions"]
    assert train(config, tmp_path / "run", 4) == second  # not repeated
    with pytest.raises(InputError, match="epochs: 4 there, 2 now"):
        train(config, tmp_path / "run", 2)


@pytest.mark.slow
def test_a_comparison_goes_on(config, tmp_path):
    config.compare.baseline = ""
    run = RunDir(tmp_path / "all,seed=0")
    for config.epochs in (1, 2, 3):
        if config.epochs == 3:
            # A kill between the two runs loses nothing.
            held = json.loads((run.path / "config.json").read_text())
            run.start(held["config"] | {"epochs": 3}, {})
            assert not (run.path / "DONE").exists()
        sweep = ({"seed": seed} for seed in (0,))  # a generator is enough
        compare.compare(config, sweep, tmp_path)
        result = json.loads((run.path / "DONE").read_text())
        assert result["steps"] == 18 * config.epochs


REFUSED = {
    "schedule": ("optimizer.schedule", "cosine", r"schedule='cosine' ends"),
    "validation": ("validate_every_epochs", 3, r"every_epochs=3 .* epoch 2"),
    "another key": ("seed", 0, r"epochs: 2 there, 4 now\n  seed: 0 there, 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_have_begun_differently_is_refused(config, name, tmp_path):
    key, value, message = REFUSED[name]
    config.update_from_flattened_dict({key: value})
    config.epochs = 2
    RunDir(tmp_path).start(resolve(config), {})
    before = (tmp_path / "config.json").read_text()
    config.seed += name == "another key"
    with pytest.raises(InputError, match=message):
        train(config, tmp_path, 4)
    assert (tmp_path / "config.json").read_text() == before
