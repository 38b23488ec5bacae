"""Models are measured with the statistics of their training data."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.configs import default
from normzoo.trainers import app, classify
from normzoo.trainers.data import loading, pipeline
from normzoo.trainers.run.recovery import newest_first
from normzoo.trainers.run.session import Session
from normzoo.trainers.supervised.population import (
    Population,
    gap_warning,
    gap_warnings,
)

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


def read_batches(config):
    """The batches of the estimation in float64, by NumPy from the indices."""
    examples = loading.load_data(config).train
    count, size = len(examples.labels), config.batch_size
    order = tf.random.experimental.stateless_shuffle(
        tf.range(count, dtype=tf.int64), seed=[config.seed, -1]
    ).numpy()
    batches = min(config.population.batches, count // size)
    rows = order[: batches * size].reshape(batches, size)
    return [examples.inputs[row].astype("float64") / 255 for row in rows]


def batch_norms(model):
    kind = keras.layers.BatchNormalization
    return [layer for layer in model.layers if isinstance(layer, kind)]


def float64(variable):
    return np.asarray(variable, "float64")


def normalized(norm, x):
    """What a batch norm makes of a batch in training."""
    axes = tuple(range(x.ndim - 1))
    x = (x - x.mean(axes)) / np.sqrt(x.var(axes) + norm.epsilon)
    return x * float64(norm.gamma) + float64(norm.beta)


def convolve(x, kernel):
    """A convolution with a kernel of 3 x 3 and padding."""
    kernel, (height, width) = float64(kernel), x.shape[1:3]
    x = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    return sum(
        x[:, i : i + height, j : j + width] @ kernel[i, j]
        for i in range(3)
        for j in range(3)
    )


def reference_mlp(model, batches):
    """What the two batch norms of an MLP are given."""
    kernels = [model.get_layer(f"dense_{i}").kernel for i in range(2)]
    first = [x.reshape(len(x), -1) @ float64(kernels[0]) for x in batches]
    norm = batch_norms(model)[0]
    hidden = [np.maximum(normalized(norm, x), 0) for x in first]
    return first, [x @ float64(kernels[1]) for x in hidden]


def reference_cnn(model, batches):
    """What the two convolutions' batch norms of a CNN are given."""
    kernels = [model.get_layer(f"conv_{i}").kernel for i in range(2)]
    first = [convolve(x, kernels[0]) for x in batches]
    norm = batch_norms(model)[0]
    hidden = [np.maximum(normalized(norm, x), 0) for x in first]
    pooled = [
        x.reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2, -1)
        for x in hidden
    ]
    return first, [convolve(x.mean((2, 4)), kernels[1]) for x in pooled]


REFERENCES = {"mlp": reference_mlp, "cnn": reference_cnn}


@pytest.mark.slow
@pytest.mark.parametrize("name", REFERENCES)
def test_statistics_equal_numpy_on_the_same_batches(config, name, tmp_path):
    config.model.name, config.model.depth = name, 2
    config.population.batches = 5
    config.seed = 3
    result = train(config, tmp_path)
    assert result["population"].keys() == {"batches", "examples", "seconds"}
    assert result["population"]["batches"] == 5
    assert result["population"]["examples"] == 5 * 64
    model = saved(tmp_path)
    given = REFERENCES[name](model, read_batches(config))
    for norm, inputs in zip(batch_norms(model), given, strict=False):
        inputs = np.concatenate(inputs)
        inputs = inputs.reshape(-1, inputs.shape[-1])
        variance = inputs.var(0)
        scale = np.sqrt(variance.max())
        np.testing.assert_allclose(
            norm.moving_mean, inputs.mean(0), 1e-5, 1e-5 * scale
        )
        np.testing.assert_allclose(norm.moving_variance, variance, 1e-4)


def recurrent():
    model = default.get_recurrent_model()
    model.units = (4,)
    return {"model": model, "dataset.view": "rows"}


#: Settings of models with statistics, and from how many batches they come.
#: 18 is an epoch.
WITH = {
    "batch": ({}, 18),
    "few batches": ({"population.batches": 3}, 3),
    "Keras": ({"model.norm": "keras.layers:BatchNormalization"}, 18),
    "renorm": ({"model.norm_arguments": {"batch": {"renorm": True}}}, 18),
    "recurrent": (recurrent(), 18),
    "virtual": ({"model.norm": "virtual"}, 1),
    "bfloat16": ({"precision": "mixed_bfloat16"}, 18),
    "float16": ({"precision": "mixed_float16"}, 18),
    "one step at a time": ({"steps_per_execution": 1}, 18),
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
    "switched off": ({"population.batches": 0}, "moving"),
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

    with monkeypatch.context() as patched:
        patched.setattr(Population, "estimate", stop)
        with pytest.raises(KeyboardInterrupt):
            train(short, tmp_path / "parts")
    train(short, tmp_path / "parts")
    train(short, tmp_path / "whole")
    assert_equal(tmp_path / "parts", tmp_path / "whole")


@pytest.mark.slow
def test_runs_that_share_a_model_share_what_is_traced(short, tmp_path):
    with Session(reuse_models=True) as session:
        for seed in (1, 2):
            short.seed = seed
            train(short, tmp_path / str(seed), session=session)
        (kept,) = session.models._beside.values()
        assert kept._step.experimental_get_tracing_count() == 1
    train(short, tmp_path / "alone")
    assert_equal(tmp_path / "2", tmp_path / "alone")


@pytest.mark.slow
@pytest.mark.parametrize(
    "norm", ["batch", "virtual", "keras.layers:BatchNormalization"]
)
def test_replicas_get_the_statistics_of_whole_batches(
    short, norm, two_replicas, tmp_path
):
    short.model.norm = norm
    short.distribution = "mirrored"
    short.evaluation_batch_size = 100
    results = []
    for validation in (False, True):
        short.population.validation = validation
        results.append(untimed(train(short, tmp_path / str(validation))))
    assert results[0] == results[1]
    if norm == "virtual":
        return
    model = saved(tmp_path / "True")
    kernel = float64(model.get_layer("dense_0").kernel)
    x = np.concatenate(read_batches(short))
    x = x.reshape(len(x), -1) @ kernel
    (found,) = batch_norms(model)
    np.testing.assert_allclose(found.moving_mean, x.mean(0), 1e-5, 1e-5)
    np.testing.assert_allclose(found.moving_variance, x.var(0), 1e-4)


LATE = {
    "test_accuracy_moving": 0.39,
    "test_accuracy": 0.619,
    "population": {"batches": 50},
    "train_accuracy": 0.6,
    "validation_accuracy": 0.62,
    "test_examples": 10_000,
    "validation_examples": 1000,
}


def test_late_statistics_are_said():
    assert gap_warnings(LATE) == [
        "Moving statistics are late: test accuracy is 39.0 % with them and "
        "61.9 % with those of 50 training batches. Train for more steps or "
        "lower the norm's momentum."
    ]


def test_overfitting_is_said():
    result = LATE | {"test_accuracy_moving": 0.62, "train_accuracy": 0.999}
    assert gap_warnings(result) == [
        "Validation accuracy is 62.0 %, and training accuracy 99.9 %: the mean "
        "over the last epoch, in training mode."
    ]


@pytest.mark.parametrize(
    ("moving", "examples", "said"),
    [
        (0.5, 100, False),  # 0.619 and 0.5: the noise is 0.137
        (0.5, 200, True),
        (0.7, 200, False),
        (0.8, 200, True),
        (0.619, 10**9, False),
        (None, 200, False),
        (0.5, None, False),
    ],
)
def test_noise_is_not_said(moving, examples, said):
    result = LATE | {"test_accuracy_moving": moving}
    assert bool(gap_warning(result, examples)) == said


def test_results_of_other_kinds_are_not_warned_of():
    assert gap_warnings({"status": "finished", "last_frechet": 3.0}) == []


def test_the_script_shows_warnings(capsys):
    app.show({"status": "finished"}, "run", "", ["It is late."])
    shown = capsys.readouterr()
    assert shown.err == "warning: It is late.\n"
    assert "late" not in shown.out
