"""Models are measured with the statistics of their training data."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.configs import default
from normzoo.trainers import classify
from normzoo.trainers.data import loading, pipeline
from normzoo.trainers.run.checkpointing.recovery import newest_first
from normzoo.trainers.run.session import Session
from normzoo.trainers.supervised.population import Population, gap_warnings

from .. import killable
from ..equal_runs import assert_equal, untimed


def train(config, workdir, **kwargs):
    return classify.train(config, workdir, verbose=0, **kwargs)


def lines(workdir, *splits):
    text = (workdir / "metrics.jsonl").read_text()
    logged = map(json.loads, text.splitlines())
    return [line for line in logged if line["split"] in splits]


def saved(workdir):
    return keras.saving.load_model(workdir / "checkpoints/final.keras")


def statement(workdir):
    with zipfile.ZipFile(workdir / "checkpoints/final.keras") as file:
        return json.loads(file.read("normzoo.json"))


def recurrent():
    model = default.get_recurrent_model()
    model.cell, model.units = "simple", (4,)
    return {"model": model, "dataset.view": "rows"}


#: Settings of models with statistics, and from how many batches they come.
#: 18 is an epoch.
WITH = {
    "batch": ({}, 18),
    "few batches": ({"population.examples": 130}, 3),
    "Keras": ({"model.norm": "keras.layers:BatchNormalization"}, 18),
    "renorm": ({"model.norm_arguments": {"batch": {"renorm": True}}}, 18),
    "recurrent": (recurrent(), 18),
    "virtual": ({"model.norm": "virtual"}, 1),
    "float16, several steps at a time": (
        {"precision": "mixed_float16", "steps_per_execution": 9},
        18,
    ),
}


@pytest.fixture
def short(config):
    config.epochs = 1
    return config


def changed(config, overrides):
    with config.unlocked():
        for key, value in overrides.items():
            *parts, last = key.split(".")
            holder = config
            for part in parts:
                holder = holder[part]
            holder[last] = value
    return config


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH)
def test_both_figures_are_reported(short, name, tmp_path):
    overrides, batches = WITH[name]
    config = changed(short, overrides)
    result = train(config, tmp_path)
    for split in ("test", "validation"):
        for metric in ("accuracy", "loss"):
            key = f"{split}_{metric}"
            same = result[key] == result[f"{key}_moving"]
            # A reference is fresh whenever it is measured.
            assert same == (name == "virtual") or metric == "accuracy"
    assert result["population"]["batches"] == batches
    examples = result["population"]["examples"]
    assert examples == batches * 64
    assert statement(tmp_path) == {
        "statistics": "population",
        "batches": batches,
        "examples": examples,
    }
    data = loading.load_data(config)
    for split in ("test", "validation"):
        examples = getattr(data, split)
        assert result[f"{split}_examples"] == len(examples.labels)
        measured = saved(tmp_path).evaluate(
            pipeline.evaluation_batches(examples, 512),
            verbose=0,
            return_dict=True,
        )
        assert measured["loss"] == pytest.approx(result[f"{split}_loss"], 1e-3)
    written = lines(
        tmp_path,
        *("validation", "validation_moving", "validation_population"),
        *("test_moving", "test"),
    )
    keys = {
        "validation": "validation_accuracy_moving",
        "validation_moving": "validation_accuracy_moving",
        "validation_population": "validation_accuracy",
        "test_moving": "test_accuracy_moving",
        "test": "test_accuracy",
    }
    found = {line["split"]: line["accuracy"] for line in written}
    assert found == {split: result[key] for split, key in keys.items()}
    assert written[-1]["split"] == "test"


@pytest.mark.slow
def test_xla(short, tmp_path):
    loading.load_data(short)
    short.update(jit_compile=True, deterministic=False)
    # Determinism, which another test has switched on, would forbid it.
    with killable.started(config=short, workdir=str(tmp_path)) as process:
        process.join()
    assert process.exitcode == 0
    assert statement(tmp_path)["statistics"] == "population"
    result = json.loads((tmp_path / "DONE").read_text())
    assert result["test_loss"] != result["test_loss_moving"]


#: Settings of runs where nothing is estimated, and what their models hold.
WITHOUT = {
    "layer": ({"model.norm": "layer"}, "none"),
    "switched off": ({"population.examples": 0}, "moving"),
    "diverged": ({"optimizer.learning_rate": 1e30}, "moving"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WITHOUT)
def test_nothing_is_estimated(short, name, monkeypatch, tmp_path):
    def refuse(population):
        pytest.fail("it has been estimated")

    monkeypatch.setattr(Population, "estimate", refuse)
    overrides, kind = WITHOUT[name]
    config = changed(short, {**overrides, "population.validation": True})
    result = train(config, tmp_path)
    assert statement(tmp_path) == {
        "statistics": kind,
        "batches": 0,
        "examples": 0,
    }
    moving = {key for key in result if key.endswith("_moving")}
    assert not lines(tmp_path, "test_moving", "validation_moving")
    assert len(lines(tmp_path, "test")) == 1
    if name != "diverged":
        assert "population" not in result
        assert not moving
        return
    assert result["population"] is None
    figures = [key for key in result if key.endswith(("accuracy", "loss"))]
    assert len(moving) == 4
    assert len(figures) == 6
    assert {result[key] for key in (*moving, *figures)} == {None}
    assert gap_warnings(result) == []


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["batch", "virtual"])
def test_validation_by_population_leaves_training_alone(config, norm, tmp_path):
    config.model.norm = norm
    config.model.dropout = 0.2
    config.checkpoint.best = "val_loss"
    config.checkpoint.best_mode = "min"
    results, checkpoints = {}, {}
    for validation in (False, True):
        config.population.validation = validation
        folder = tmp_path / str(validation)
        results[validation] = untimed(train(config, folder))
        path = folder / "checkpoints/step-36"
        reader = tf.train.load_checkpoint(str(path))
        checkpoints[validation] = {
            name: reader.get_tensor(name)
            for name in reader.get_variable_to_shape_map()
            if name.startswith(("model", "optimizer"))
        }
        best = newest_first(folder / "checkpoints/best")
        validated = lines(folder, "validation")
        loss = [line["loss"] for line in validated]
        assert best == [validated[int(np.argmin(loss))]["step"]]
    # All but the lines and the choice of the best.
    assert results[True] == results[False]
    assert checkpoints[True].keys() == checkpoints[False].keys()
    for name, value in checkpoints[True].items():
        np.testing.assert_array_equal(value, checkpoints[False][name], name)
    splits = ("running", "train", "validation_moving", "test_moving", "test")
    assert lines(tmp_path / "True", *splits) == lines(
        tmp_path / "False", *splits
    )
    first, last = lines(tmp_path / "True", "validation")
    moving = lines(tmp_path / "False", "validation")
    assert (first["loss"] == moving[0]["loss"]) == (norm == "virtual")
    assert last["loss"] == results[True]["validation_loss"]


@pytest.mark.slow
@pytest.mark.parametrize("validation", [False, True])
def test_an_end_in_the_estimation_loses_nothing(
    short, validation, monkeypatch, tmp_path
):
    short.population.validation = validation
    estimate = Population.estimate

    def stop(population):
        estimate(population)
        raise KeyboardInterrupt

    with Session(reuse_models=True) as session:
        train(short, tmp_path / "whole", session=session)
        with monkeypatch.context() as patched:
            patched.setattr(Population, "estimate", stop)
            with pytest.raises(KeyboardInterrupt):
                train(short, tmp_path / "parts", session=session)
    train(short, tmp_path / "parts")  # with a new model
    assert_equal(tmp_path / "parts", tmp_path / "whole")


@pytest.mark.slow
def test_runs_that_share_a_model_share_what_is_traced(short, tmp_path):
    with Session(reuse_models=True) as session:
        for seed in (1, 2):
            short.seed = seed
            train(short, tmp_path / str(seed), session=session)
        (kept,) = session.models._beside.values()
        graph = kept._steps._function
        assert graph.experimental_get_tracing_count() == 1
    train(short, tmp_path / "alone")
    assert_equal(tmp_path / "2", tmp_path / "alone")
