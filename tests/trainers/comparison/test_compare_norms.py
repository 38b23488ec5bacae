"""One call that compares norms in a model of the user's own."""

import itertools
import json
import re

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

import normzoo
from normzoo import layers
from normzoo.trainers.data import array_files
from normzoo.trainers.run.metrics_file import NAME

from .. import killable
from .small_classifier import CLASSES, QUICK, X, classifier, network

SLOW = pytest.mark.slow


def task(loss, labels, metrics, outputs=1, activation=None):
    model = network(outputs, activation)
    model.compile("adam", loss, metrics=metrics)
    return model, labels


#: A binary label, and targets without a metric, are in `test_real_tasks.py`.
TASKS = {
    "multi-label": lambda: task(
        "binary_crossentropy",
        X[:, :3] > 0,
        ["binary_accuracy", keras.metrics.AUC(name="area")],
        3,
        "sigmoid",
    ),
    "one-hot": lambda: task(
        keras.losses.CategoricalCrossentropy(from_logits=True),
        np.eye(3)[CLASSES],
        ["accuracy"],
        3,
    ),
    "regression": lambda: task("mse", X[:, 0], ["mae"]),
    "several targets": lambda: task(
        "mse", X[:, :2], [keras.metrics.R2Score()], 2
    ),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "regression" else SLOW)
        for name in TASKS
    ],
)
def test_tasks(name, tmp_path):
    model, labels = TASKS[name]()
    found = normzoo.compare_norms(
        model,
        (X, labels),
        norms=["layer"],
        workdir=tmp_path,
        **{**QUICK, "seeds": 1},
    )
    first, *_ = found.summary.columns
    expected = model.get_compile_config()["metrics"][0]
    if isinstance(expected, str):
        assert first.name == expected
    (row,) = found.summary.rows
    assert row.variant == "norm=layer"
    assert None not in row.values[first.key].values()
    best = found.best()
    assert isinstance(best.get_layer("norm"), keras.layers.LayerNormalization)


@SLOW
def test_the_process_is_as_it_was(tmp_path):
    keras.utils.set_random_seed(5)
    expected = np.random.rand(), float(tf.random.uniform([]))
    keras.utils.set_random_seed(5)
    arguments = {**QUICK, "norms": ["layer"], "seeds": 1, "workdir": tmp_path}
    normzoo.compare_norms(classifier, (X, CLASSES), **arguments)
    assert (np.random.rand(), float(tf.random.uniform([]))) == expected
    model = classifier()
    model.compile("adam", model.loss, jit_compile=True)
    # Keras warns if it cannot be compiled, while determinism is on.
    model.fit(X, CLASSES, verbose=0)


@SLOW
def test_the_answer_can_be_read_drawn_and_used(tmp_path):
    arguments = {**QUICK, "norms": ("batch", "none"), "workdir": tmp_path}
    found = normzoo.compare_norms(classifier, (X, CLASSES), **arguments)
    assert found.sentence == found.summary.sentence
    assert found.sentence in repr(found)
    assert "<table role=" in found._repr_html_()
    assert len(found.plot().axes) == 3
    found.report(tmp_path / "mine.html")
    assert found.sentence[:20] in (tmp_path / "mine.html").read_text()
    frame = found.to_frame()
    assert list(frame.index) == ["batch", "none"]
    assert frame.loc["none", "verdict"] == "undecided"
    assert frame["test_accuracy_low"].le(frame["test_accuracy_high"]).all()
    row = found.summary.base
    best = found.best()
    assert isinstance(best, keras.Model)
    outcomes = [o for o in found.found.outcomes if o.variant == row.variant]
    chosen = max(outcomes, key=lambda o: o.result["validation_accuracy"])
    # The fifth that was held out for the test.
    data = array_files.load(chosen.run.config.dataset.name, chosen.seed)
    _, accuracy = best.evaluate(*data.test.batch, verbose=0)
    assert accuracy == pytest.approx(chosen.result["test_accuracy"], abs=1e-6)
    # Nothing is trained again.
    logs = {p: p.read_text() for p in tmp_path.rglob(NAME)}
    again = normzoo.compare_norms(classifier(), (X, CLASSES), **arguments)
    assert {p: p.read_text() for p in tmp_path.rglob(NAME)} == logs
    assert again.summary.rows == found.summary.rows


@SLOW
@pytest.mark.parametrize(
    ("tune", "expected", "norms"),
    [
        (True, [0.00632, 0.02, 0.0632], ("as_is", "none")),
        ([0.1, 0.2], [0.1, 0.2], ("as_is",)),
    ],
)
def test_each_norm_chooses_its_learning_rate(tune, expected, norms, tmp_path):
    model = classifier()
    model.optimizer.learning_rate = 0.02
    found = normzoo.compare_norms(
        model,
        (X, CLASSES),
        norms=norms,
        workdir=tmp_path,
        **{**QUICK, "tune": tune},
    )
    plan = json.loads((tmp_path / "plan.json").read_text())
    grid = [point["optimizer.learning_rate"] for point in plan["grid"]]
    assert grid == expected
    chosen = found.summary.base.chosen["optimizer.learning_rate"]
    assert sum(chosen.values()) == 2


@SLOW
def test_a_set_of_tfds_by_its_name(data_dir, tmp_path):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"])
    found = normzoo.compare_norms(
        model,
        "digits",
        data_dir=str(data_dir),
        norms=("as_is", "layer"),
        workdir=tmp_path,
        **{**QUICK, "seeds": 1},
    )
    (row, _) = found.summary.rows
    assert 0.2 < row.values["test_accuracy"][0] <= 1
    # The set's own splits, the same ones for all seeds.
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert not plan["vary_split"]
    run = found.found.outcomes[0].run
    data = array_files.load(run.config.dataset.name, 0)
    assert (
        len(data.test.labels)
        == tfds.load(
            "digits", data_dir=str(data_dir), split="test"
        ).cardinality()
    )


@SLOW
def test_the_script_takes_a_table(tmp_path):
    classifier().save(tmp_path / "model.keras")
    frame = pandas.DataFrame(X, columns=list("abcde")).assign(kind=CLASSES)
    frame.to_parquet(tmp_path / "table.parquet")
    code, said, errors = killable.script(
        "compare",
        "--model=model.keras",
        "--data=table.parquet",
        "--label=kind",
        "--norms=as_is,layer",
        "--seeds=1",
        "--dry_run",
        "--workdir=work",
        folder=tmp_path,
    )
    assert code == 0, errors
    assert said.count("pending") == 2 * 3  # learning rates


@SLOW
def test_a_workdir_that_was_moved_goes_on(tmp_path):
    places = [tmp_path / name for name in ("first", "second", "third")]
    arguments = {**QUICK, "seeds": 1}

    def compare(folder, *norms):
        return normzoo.compare_norms(
            classifier, (X, CLASSES), workdir=folder, norms=norms, **arguments
        )

    norms = ["as_is"]
    compare(places[0], *norms)
    # The versions before have written whole paths.
    for older, (before, after) in enumerate(itertools.pairwise(places)):
        for path in [before / "plan.json", *before.rglob("config.json")]:
            text = path.read_text()
            assert str(tmp_path) not in text.replace("command", "")
            if older:
                whole = re.sub(r'"(model|data)-', rf'"{before}/\1-', text)
                path.write_text(whole)
        before.rename(after)
        logs = {path: path.read_text() for path in after.rglob(NAME)}
        assert len(logs) == len(norms)
        norms.append(("none", "layer")[older])
        found = compare(after, *norms)
        assert len(found.summary.rows) == len(norms)
        assert {path: path.read_text() for path in logs} == logs
        assert not before.exists()
        assert isinstance(found.best(), keras.Model)


@SLOW
def test_callbacks_act_on_each_run_alone_and_settings_vary(tmp_path):
    made = []

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            assert "val_loss" in logs
            self.model.stop_training = epoch == 1

    def callbacks():
        made.append(Stop())
        return [made[-1]]

    found = normzoo.compare_norms(
        classifier,
        (X, CLASSES),
        norms=("none",),
        vary={"batch_size": (8, 16)},
        callbacks=callbacks,
        workdir=tmp_path,
        **{**QUICK, "epochs": 5},
    )
    names = [row.variant for row in found.summary.rows]
    assert names == [f"norm=none,batch_size={size}" for size in (8, 16)]
    # A check before the first run makes some, too.
    trained = [each for each in made if each.model is not None]
    assert len(trained) == 4
    results = [outcome.result["steps"] for outcome in found.found.outcomes]
    assert {*results} == {2 * (38 // size) for size in (8, 16)}
    assert not (tmp_path / "groups.json").exists()
    assert isinstance(found.best("none,batch_size=8"), keras.Model)


@SLOW
def test_norms_of_kernels_are_crossed_with_norms(tmp_path):
    found = normzoo.compare_norms(
        classifier,
        (X, CLASSES),
        norms=("as_is", "layer"),
        vary={"model.weight_norm": ("none", "spectral")},
        workdir=tmp_path,
        **{**QUICK, "seeds": 1},
    )
    names = [row.variant for row in found.summary.rows]
    assert names == [
        f"norm={norm},weight_norm={weight_norm}"
        for norm in ("as_is", "layer")
        for weight_norm in ("none", "spectral")
    ]
    best = found.best("layer,weight_norm=spectral")
    kinds = [type(layer) for layer in best.layers]
    assert layers.SpectralNormalization in kinds
    assert layers.LayerNormalization in kinds
