"""One run: reproducible, restartable, and clear about what it cannot do."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.summary.summary_iterator import summary_iterator

from normzoo import layers
from normzoo.trainers import classify
from normzoo.trainers.common import precision
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import loading, pipeline
from normzoo.trainers.run.session import Session


def train(config, workdir, **kwargs):
    return classify.train(config, workdir, verbose=0, **kwargs)


def lines(workdir):
    text = (workdir / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def tags(folder):
    found = {}
    for file in folder.glob("events.out.tfevents.*"):
        for event in summary_iterator(str(file)):
            for value in event.summary.value:
                found.setdefault(value.tag, []).append(event.step)
    return found


@pytest.fixture(scope="module")
def finished(small_config, tmp_path_factory):
    """Folder and result of a run of `config`."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    return folder, train(small_config(), folder)


@pytest.mark.slow
def test_validation_after_some_epochs(config, tmp_path):
    config.epochs = 3
    config.validate_every_epochs = 2
    result = classify.train(config, tmp_path / "run", verbose=0)
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    logged = list(map(json.loads, lines))
    validated = [x["epoch"] for x in logged if x["split"] == "validation"]
    assert validated == [2, 3]
    assert result["validation_accuracy"] == logged[-2]["accuracy"]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_equal_seeds_give_bitwise_equal_metrics(config, model, tmp_path):
    config.model.name = model
    config.model.dropout = 0.2
    config.steps_per_execution = 9
    first = train(config, tmp_path / "a")
    with Session(reuse_models=True) as session:
        second = train(config, tmp_path / "b", session=session)
        config.seed = 1
        train(config, tmp_path / "c", session=session)
    assert lines(tmp_path / "a") == lines(tmp_path / "b")
    assert first["test_loss"] == second["test_loss"]
    assert lines(tmp_path / "a") != lines(tmp_path / "c")


@pytest.mark.slow
def test_the_workdir_tells_the_whole_story(config, finished):
    folder, result = finished
    held = json.loads((folder / "config.json").read_text())
    assert held["config"]["model"]["norm"] == "batch"
    assert held["config"]["seed"] == 0
    assert held["versions"]["keras"] == keras.__version__
    assert held["devices"]
    assert "git_revision" in held
    assert json.loads((folder / "DONE").read_text()) == result
    assert result["status"] == "finished"
    assert result["steps"] == 36
    assert result["parameters"] == 64 * 16 + 2 * 16 + 170
    assert result["memory"]["weights"] >= 4 * (result["parameters"] + 2 * 16)
    assert result["memory"]["optimizer"] >= 4 * result["parameters"]
    assert result["memory"]["activations"] > 4 * config.batch_size * (64 + 16)
    last = lines(folder)[-1]
    assert last["split"] == "test"
    assert last["accuracy"] == result["test_accuracy"]


@pytest.mark.slow
def test_metrics_come_early_and_reach_tensorboard(config, tmp_path):
    config.steps_per_execution = 1
    config.log_every_steps = 10
    train(config, tmp_path)
    steps = [x["step"] for x in lines(tmp_path) if x["split"] == "running"]
    assert steps == [1, 2, 4, 8, 16, 26, 36]
    splits = [x["split"] for x in lines(tmp_path)]
    assert splits.count("train") == splits.count("validation") == 2
    found = tags(tmp_path / "train")
    assert found["batch_loss"] == steps
    assert found["epoch_accuracy"] == [1, 2]
    assert found["epoch_learning_rate"] == [1, 2]
    assert tags(tmp_path / "validation")["epoch_accuracy"] == [1, 2]


def test_the_saved_model_gives_the_reported_metrics(config, finished):
    folder, result = finished
    model = keras.saving.load_model(folder / "checkpoints/final.keras")
    data = loading.load_data(config)
    test = pipeline.evaluation_batches(data.test, 512)
    measured = model.evaluate(test, verbose=0, return_dict=True)
    assert measured["accuracy"] == result["test_accuracy"]


@pytest.mark.slow
def test_virtual_batch_norm_gets_its_reference(config, tmp_path):
    config.model.norm = "virtual"
    result = train(config, tmp_path)
    assert result["test_loss"] < 2  # chance is 2.3
    path = tmp_path / "checkpoints/final.keras"
    model = keras.saving.load_model(path)
    assert isinstance(model, layers.ReferenceModel)
    images = loading.load_data(config).test.inputs[:2] / 255.0
    np.testing.assert_allclose(
        model.predict(images, verbose=0)[:1], model(images[:1]), 1e-4, 1e-5
    )


def test_a_finished_run_is_not_repeated(config, finished):
    folder, result = finished
    stamp = (folder / "metrics.jsonl").stat().st_mtime_ns
    assert train(config, folder) == result
    assert (folder / "metrics.jsonl").stat().st_mtime_ns == stamp


class Interrupt(keras.callbacks.Callback):
    """Ends the run as a signal would."""

    def on_epoch_end(self, epoch, logs=None):
        """Ends it."""
        raise KeyboardInterrupt


@pytest.mark.slow
def test_an_interrupted_run_starts_anew(config, tmp_path):
    with Session(reuse_models=True) as session:
        train(config, tmp_path / "b", session=session)
        with pytest.raises(KeyboardInterrupt):
            train(
                config,
                tmp_path / "a",
                callbacks=[Interrupt()],
                session=session,
            )
    assert not (tmp_path / "a/DONE").exists()
    train(config, tmp_path / "a")  # with a new model
    assert lines(tmp_path / "a") == lines(tmp_path / "b")
    assert len(list((tmp_path / "a/train").iterdir())) == 1


@pytest.mark.slow
def test_a_nan_loss_ends_the_run_as_diverged(config, tmp_path):
    config.optimizer.learning_rate = 1e30
    result = train(config, tmp_path)
    assert result["status"] == "diverged"
    assert result["steps"] < 36
    assert result["test_loss"] is None
    assert lines(tmp_path)[-1]["accuracy"] is None  # valid JSON, no NaN


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(config, precision, tmp_path):
    config.precision = precision
    config.epochs = 1
    result = train(config, tmp_path)
    assert result["status"] == "finished"
    assert keras.config.dtype_policy().name == "float32"
    model = keras.saving.load_model(tmp_path / "checkpoints/final.keras")
    assert model.get_layer("dense_0").compute_dtype == precision[6:]


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [
        ([], "float32"),
        ([(7, 0), (8, 0)], "mixed_float16"),
        ([(8, 0), (6, 1)], "float32"),
    ],
)
def test_auto_precision_looks_at_the_gpus(monkeypatch, gpus, expected):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    monkeypatch.setattr(
        tf.config.experimental,
        "get_device_details",
        lambda gpu: {"compute_capability": gpu},
    )
    assert precision.resolve_precision("auto") == expected


def test_another_config_is_refused_key_by_key(config, finished):
    folder, _ = finished
    config.seed = 3
    config.model.norm = "layer"
    message = r"model.norm: 'batch' there, 'layer' now\n  seed: 0 there, 3 now"
    with pytest.raises(InputError, match=message):
        train(config, folder)


def test_a_folder_of_other_things_is_refused(config, tmp_path):
    (tmp_path / "train").mkdir()
    with pytest.raises(InputError, match="not a run's folder"):
        train(config, tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"):
        train(config, tmp_path / "file")


def test_an_unwritable_workdir_is_named(config):
    with pytest.raises(InputError, match="/proc/run cannot be written"):
        train(config, "/proc/run")
