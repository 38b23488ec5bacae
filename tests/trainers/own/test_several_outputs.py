"""Models with several outputs, and weights of examples, to trained runs."""

import functools

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf

import normzoo
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_data
from normzoo.trainers.comparison.own_config import make_own_plan
from normzoo.trainers.data import array_files
from normzoo.trainers.own import tasks
from normzoo.trainers.own.measures import metrics_of
from normzoo.trainers.supervised.trainer import TRAINER

from ..together.group_runs import MODES, assert_ends_as_alone

RNG = np.random.default_rng(0)
COUNT = 80
X = RNG.normal(size=(COUNT, 4)).astype("float32")
KIND = np.arange(COUNT) % 3
SIZE = X[:, :1] - X[:, 1:2]
WEIGHTS = RNG.uniform(0, 2, COUNT).astype("float32")
SPARSE = "sparse_categorical_crossentropy"


def network(as_dict=True, **compiled):
    """Its outputs are `kind`, one of three classes, and `size`, a number."""
    inputs = keras.Input((4,))
    x = keras.layers.Dense(6, use_bias=False)(inputs)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(name="norm")(x))
    # Sorted by name the one that comes last is the first.
    size = keras.layers.Dense(1, name="size")(x)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(x)
    outputs = {"size": size, "kind": kind} if as_dict else [size, kind]
    model = keras.Model(inputs, outputs)
    compiled.setdefault("loss", {"size": "mse", "kind": SPARSE})
    model.compile(keras.optimizers.SGD(0.1), **compiled)
    return model


@functools.cache
def known(as_dict):
    """A model that no test changes."""
    return network(as_dict)


class Batches(keras.utils.PyDataset):
    """Batches of 50, the last one of 30."""

    def __len__(self):
        return 2

    def __getitem__(self, i):
        some = slice(50 * i, 50 * i + 50)
        return X[some], {"size": SIZE[some], "kind": KIND[some]}, WEIGHTS[some]


SLOW = pytest.mark.slow
LABELS = {"size": SIZE, "kind": KIND}
FORMS = {
    "dict": (X, LABELS),
    "lists in a dict": (X, {"size": SIZE.tolist(), "kind": KIND.tolist()}),
    "more than there is": (X, {**LABELS, "other": X}),
    "frame": (X, pandas.DataFrame({"kind": KIND, "size": SIZE[:, 0]})),
    "data set": tf.data.Dataset.from_tensor_slices((X, LABELS)),
    "batches": tf.data.Dataset.from_tensor_slices((X, LABELS)).batch(7),
    "PyDataset": Batches(),
    "in order": (X, [SIZE, KIND]),
    "texts": (X, {"size": SIZE, "kind": np.array(["a", "b", "c"])[KIND]}),
}


@pytest.mark.quick(
    "lists in a dict-True",
    "frame-False",
    "data set-True",
    "PyDataset-False",
    "in order-True",
    "texts-False",
)
@pytest.mark.parametrize("as_dict", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_labels_of_all_forms(form, as_dict, tmp_path):
    if form == "in order" and as_dict:
        with pytest.raises(InputError, match="has 2 outputs, 'kind', 'size'"):
            find_data(known(True), FORMS[form])
        return
    found = find_data(known(as_dict), FORMS[form])
    path = array_files.write(found, tmp_path)
    train = array_files.load(path, 0).train
    assert isinstance(train.labels, dict if as_dict else tuple)
    labels = train.labels
    if not as_dict:
        labels = dict(zip(("size", "kind"), labels, strict=True))
    rows = [np.flatnonzero((row == X).all(1))[0] for row in train.inputs]
    assert labels["kind"].dtype == np.int64
    np.testing.assert_array_equal(labels["kind"], KIND[rows])
    np.testing.assert_allclose(labels["size"].ravel(), SIZE[rows, 0])


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (SIZE, "has 2 outputs.*Received as y_train: an object of type ndarr"),
        ({"size": SIZE}, "Received as y_train: labels of 'size'"),
        ({**LABELS, "kind": KIND + 1}, "y_train/kind has labels from 1 to 3"),
        ({**LABELS, "size": X}, "The labels, y_train/size, do not fit"),
        ({**LABELS, "size": SIZE[1:]}, "y_train/size has 79 examples and"),
        ({**LABELS, "kind": SIZE * np.nan}, "y_train/kind.*not finite"),
        ({"kind": 0 * KIND, "size": 0 * SIZE}, "are the same"),
    ],
)
def test_labels_that_do_not_fit(labels, words):
    with pytest.raises(InputError, match=words):
        find_data(known(True), (X, labels))


def test_outputs_that_no_names_tell_apart():
    inputs = keras.Input((4,))
    twice = keras.layers.Dense(2)
    model = keras.Model(inputs, [twice(inputs), twice(inputs + 1)])
    model.compile("sgd", "mse")
    with pytest.raises(InputError, match=r"do not tell them apart.*Identity"):
        find_data(model, (X, [X[:, :2], X[:, :2]]))


def test_what_is_learned_of_each():
    found = find_data(known(True), (X, LABELS))
    targets = tasks.targets_of(known(True), found["x_train"], found["y_train"])
    assert tasks.said(targets) == (
        f"kind: single label, one of 3 classes ({SPARSE}); "
        "size: regression, 1 target (mean_squared_error)"
    )


COMPILED = {
    "losses alone": {},
    "one loss of all": {"loss": "mse"},
    "weighted losses": {"loss_weights": {"size": 0.5, "kind": 2.0}},
    "by name": {
        "metrics": {"kind": ["accuracy"], "size": "mae"},
        "weighted_metrics": {"kind": ["accuracy"], "size": ["mae", "mse"]},
    },
    "of one": {"metrics": {"kind": ["sparse_categorical_accuracy"]}},
}


@pytest.mark.quick("of one-True")
@pytest.mark.parametrize(
    ("name", "as_dict"),
    [
        pytest.param(name, as_dict, marks=() if is_quick else SLOW)
        for name in COMPILED
        for as_dict in (True, False)
        for is_quick in [name == "by name" or (name == "of one" and as_dict)]
    ],
)
def test_metrics_are_named_as_keras_names_them(name, as_dict):
    compiled = COMPILED[name]
    model = network(as_dict, **compiled)
    kind = keras.utils.to_categorical(KIND) if "loss" in compiled else KIND
    labels = {"size": SIZE, "kind": kind} if as_dict else [SIZE, kind]
    logs = model.test_on_batch(X, labels, return_dict=True)
    found = metrics_of(model)
    assert {each.name for each in found} == set(logs)
    assert found[0].name == "loss"


def plan_of(folder, as_dict, data, **arguments):
    model = network(
        as_dict,
        loss_weights={"size": 0.5, "kind": 2.0},
        metrics={"kind": ["accuracy"]},
        weighted_metrics={"kind": ["accuracy"], "size": ["mae"]},
    )
    given = {"norms": ["as_is"], "seeds": 2, "tune": False, "least": 0.1}
    arguments = {**given, **arguments}
    data = find_data(model, data)
    return make_own_plan(model, data, folder, epochs=2, **arguments)


@pytest.mark.slow
def test_all_outputs_are_judged_unless_one_is_named(tmp_path):
    plan, config = plan_of(tmp_path, True, (X, LABELS))
    assert plan.design.metric.name == "loss"
    about = TRAINER.about(config)
    assert about.startswith("Task: kind: single label")
    shown = {each.name: each for each in TRAINER.metrics(config)}
    assert shown["kind_accuracy"].higher_is_better
    assert not shown["size_loss"].higher_is_better
    with pytest.raises(InputError, match=r"Unknown metric.*size_mae"):
        plan_of(tmp_path, True, (X, LABELS), metric="accuracy")


@SLOW
def test_outputs_without_a_name_are_those_of_the_file(tmp_path):
    """Keras numbers the layers of the same code again."""
    names = []
    for _ in range(2):
        inputs = keras.Input((4,))
        x = keras.layers.BatchNormalization()(inputs)
        outputs = [keras.layers.Dense(1)(x), keras.layers.Dense(1)(x)]
        model = keras.Model(inputs, outputs)
        model.compile("sgd", "mse")
        data = find_data(model, (X, [SIZE, SIZE]))
        metric = f"{model.output_names[1]}_loss"
        plan, _ = make_own_plan(
            model,
            data,
            tmp_path,
            norms=["as_is"],
            seeds=1,
            tune=False,
            metric=metric,
            least=0.1,
        )
        names.append(plan.design.metric.name)
    assert names[0] == names[1] != metric


@SLOW
@pytest.mark.parametrize(
    ("mode", "as_dict", "weighted", "norm"),
    [
        ("stacked", True, True, "virtual"),
        ("call_by_call", False, True, "as_is"),
        ("side_by_side", True, False, "virtual"),
    ],
)
def test_a_group_ends_as_each_run_alone(
    mode, as_dict, weighted, norm, tmp_path
):
    assert mode in MODES
    data = (X, LABELS, WEIGHTS) if weighted else (X, LABELS)
    plan, _ = plan_of(tmp_path, as_dict, data, norms=[norm])
    configs = [run.config for run in plan.every_run]
    assert_ends_as_alone(configs, tmp_path, mode)


@SLOW
@pytest.mark.parametrize("as_dict", [True, False])
def test_norms_are_compared_and_diagnosed(as_dict, tmp_path):
    """What is tested is what Keras' `evaluate` says."""
    model = network(
        as_dict,
        metrics={"kind": ["accuracy"], "size": []},
        weighted_metrics={"kind": ["accuracy"], "size": ["mae"]},
    )
    data = (X, LABELS, WEIGHTS)
    found = normzoo.compare_norms(
        model,
        data,
        norms=("as_is",),
        epochs=2,
        seeds=1,
        tune=False,
        metric="kind_accuracy",
        workdir=tmp_path,
    )
    assert found.found.design.metric.name == "kind_accuracy"
    outcome = found.found.outcomes[0]
    best = found.best("as_is")
    test = array_files.load(outcome.run.config.dataset.name, 0).test
    assert test.weights.shape == (16,)
    counts = outcome.result["examples"]
    assert sum(counts.values()) == COUNT
    assert counts["test"] == 16
    measured = best.evaluate(
        test.inputs,
        test.labels,
        sample_weight=test.weights,
        verbose=0,
        return_dict=True,
    )
    assert measured["kind_accuracy"] != measured["kind_weighted_accuracy"]
    for name, value in measured.items():
        result = outcome.result[f"test_{name}"]
        assert result == pytest.approx(value, abs=1e-5)
    diagnosis = normzoo.diagnose(best, (X, LABELS))
    assert "slow_momentum" in {each.symptom for each in diagnosis.findings}
