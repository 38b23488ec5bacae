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
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import array_files
from normzoo.trainers.run.metrics_file import NAME

from .. import killable

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5)).astype("float32")
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
#: Small enough to train in moments, and what a user would write otherwise.
QUICK = {"epochs": 1, "batch_size": 16, "seeds": 2, "tune": False}


SLOW = pytest.mark.slow


def network(outputs, activation=None):
    return keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(8, use_bias=False),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.ReLU(),
            keras.layers.Dense(outputs, activation=activation),
        ]
    )


def classifier():
    model = network(3, "softmax")
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"])
    return model


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


def eager():
    """A classifier whose first batch takes no trace."""
    model = classifier()
    model.run_eagerly = True
    return model


def uncompiled():
    return network(3)


def bare():
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    return model


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": uncompiled}, "not compiled"),
        ({"model": "nothing.py:make"}, "cannot be found"),
        ({"model": "nothing.keras"}, "cannot be loaded: there is no such file"),
        ({"model": lambda units: None}, "without arguments.*'units'"),
        ({"model": lambda: None}, "an object of type NoneType"),
        ({"model": bare}, "no norms that 'none'.*Set insert="),
        ({"train": X}, "a pair of arrays"),
        ({"train": (X[:, :2], CLASSES)}, r"takes examples of shape \(5,\)"),
        ({"train": (X, np.eye(5)[CLASSES])}, "do not fit the model's outputs"),
        ({"norms": ("as_is", "bacth")}, "Unknown normalization"),
        ({"norms": ("as_is", "instance")}, "over positions"),
        ({"norms": ("as_is",), "only": "nothing"}, "no layer 'nothing'"),
        ({"norms": ()}, "at least one"),
        ({"insert": "before_activation"}, "This one has norm: leave `insert`"),
        ({"insert": "before", "norms": "layer"}, "'before_activation', "),
        ({"norms": [lambda name: None]}, "a lambda. Put it at the top level"),
        ({"norms": [{"groups": 4}]}, "has `class_name` and `config`"),
        ({"norms": [3]}, "A normalization is a name"),
        ({"norms": ["layer", "layer"]}, "'layer' names two of the norms"),
        ({"metric": "auc"}, "Unknown metric"),
        ({"start": "best"}, "Unknown start"),
        ({"batch_size": 61}, "batch_size must be 1 to"),
        ({"train": (X[:20], CLASSES[:20])}, "batch_size must be 1 to 13"),
        ({"train": (X[:2], [0, 1])}, "too few to hold some out"),
        ({"train": (X * np.nan, CLASSES)}, "not finite: 300 of 300"),
        ({"train": (X, CLASSES * np.nan)}, "y_train holds .* not finite"),
        ({"train": (X, CLASSES[:50])}, "60 examples and y_train has 50"),
        ({"train": (X, 0 * CLASSES)}, "y_train are the same: 0.*nothing to"),
        ({"train": (X, CLASSES + 1)}, "from 1 to 3, but the model has 3"),
        ({"train": zip(X, CLASSES, strict=True)}, "is a generator"),
        ({"train": (X, CLASSES), "label": "y"}, "names a column of a table"),
        ({"seeds": 0}, "seeds"),
        ({"vary": {"task": ("", "x")}}, "Unknown key of vary.*batch_size"),
        ({"vary": {"model.insert": ("a", "b")}}, "Unknown key of vary"),
        ({"vary": {"batch_size": 8}}, "several values.*'batch_size': 8"),
        ({"vary": {"batch_size": (8, 8)}}, "has a value twice: 8"),
        ({"vary": {"batch_size": (8, 61)}}, "batch_size must be 1 to"),
        ({"vary": {"epochs": (1, "two")}}, "epochs.*two"),
        ({"callbacks": [keras.callbacks.Callback()]}, "a function without"),
        ({"callbacks": "nowhere:make"}, "'nowhere:make' cannot be found"),
        ({"callbacks": lambda: keras.callbacks.Callback()}, "returns a list"),
        ({"callbacks": lambda: [1], "jobs": 2}, "Or set jobs=1"),
    ],
)
def test_bad_arguments(arguments, words, tmp_path):
    arguments = {"model": eager, "train": (X, CLASSES), **arguments}
    with pytest.raises(InputError, match=words):
        normzoo.compare_norms(
            **{**QUICK, **arguments}, workdir=tmp_path / "work"
        )
    assert not (tmp_path / "work").exists()


def test_a_refused_call_leaves_a_folder_as_it_was(tmp_path):
    kept = [tmp_path / "notes.txt", tmp_path / "data-0123456789ab.npz"]
    for path in kept:
        path.write_text("mine")
    arguments = {**QUICK, "workdir": tmp_path, "norms": ("as_is", "instance")}
    with pytest.raises(InputError, match="over positions"):
        normzoo.compare_norms(classifier, (X, CLASSES), **arguments)
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_a_schedule_has_no_rates_to_choose_from(tmp_path):
    model = classifier()
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    model.compile(keras.optimizers.Adam(schedule), model.loss)
    with pytest.raises(InputError, match="is a schedule"):
        normzoo.compare_norms(model, (X, CLASSES), workdir=tmp_path)


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
