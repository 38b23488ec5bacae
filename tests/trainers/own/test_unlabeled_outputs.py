"""Models some of whose outputs have no loss, and need no labels."""

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf

import normzoo
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_data
from normzoo.trainers.comparison.own_config import make_own_plan

from ..together.group_runs import assert_ends_as_alone

RNG = np.random.default_rng(0)
COUNT = 40
X = RNG.normal(size=(COUNT, 4)).astype("float32")
SIZE = X[:, :1] - X[:, 1:2]
WEIGHTS = RNG.uniform(0.5, 2, COUNT).astype("float32")


def network(as_dict=True, **compiled):
    """Its outputs are `size` and `code`."""
    inputs = keras.Input((4,))
    code = keras.layers.Dense(6, use_bias=False)(inputs)
    code = keras.layers.BatchNormalization(name="code")(code)
    size = keras.layers.Dense(1, name="size")(code)
    outputs = {"size": size, "code": code} if as_dict else [size, code]
    model = keras.Model(inputs, outputs)
    loss = {"size": "mse", "code": None} if as_dict else ["mse", None]
    model.compile(keras.optimizers.SGD(0.1), **{"loss": loss, **compiled})
    return model


class Batches(keras.utils.PyDataset):
    """Two batches without labels for the code."""

    def __len__(self):
        return 2

    def __getitem__(self, i):
        some = slice(20 * i, 20 * i + 20)
        return X[some], {"size": SIZE[some], "code": None}


LABELS = {
    "one of a dict": (True, (X, {"size": SIZE})),
    "None in a dict": (True, (X, {"size": SIZE, "code": None})),
    "weights in a dict": (True, (X, {"size": SIZE}, {"size": WEIGHTS})),
    "frame": (True, (X, pandas.DataFrame({"size": SIZE[:, 0]}))),
    "data set": (
        True,
        tf.data.Dataset.from_tensor_slices((X, {"size": SIZE})).batch(7),
    ),
    "None in a PyDataset": (True, Batches()),
    "dict for a list": (False, (X, {"size": SIZE})),
    "None in a list": (False, (X, [SIZE, None])),
}


@pytest.mark.parametrize("form", LABELS)
def test_an_output_without_a_loss_needs_no_labels(form):
    as_dict, given = LABELS[form]
    labels = find_data(network(as_dict), given)["y_train"]
    size, code = (labels["size"], labels["code"]) if as_dict else labels
    np.testing.assert_array_equal(size, SIZE)
    assert code.shape == (COUNT, 0)


def test_labels_that_are_there_are_taken():
    labels = find_data(network(), (X, {"size": SIZE, "code": X}))["y_train"]
    np.testing.assert_array_equal(labels["code"], X)


@pytest.mark.parametrize(
    ("compiled", "labels", "received"),
    [
        ({"metrics": {"code": ["mae"]}}, {"size": SIZE}, "'size'"),
        ({"loss": "mse"}, {"size": SIZE}, "'size'"),
        ({}, {"code": X}, "'code'"),
        ({}, {"size": None}, "nothing"),
    ],
)
def test_labels_that_are_needed(compiled, labels, received):
    words = rf"labels of {received}.*each that has a loss or a metric"
    with pytest.raises(InputError, match=words):
        find_data(network(**compiled), (X, labels))


@pytest.mark.slow
def test_trained_runs_are_those_of_keras(tmp_path):
    """What is tested is what `evaluate` says with any labels."""
    found = normzoo.compare_norms(
        network(),
        (X, {"size": SIZE}),
        test=(X, {"size": SIZE}),
        norms=("as_is",),
        epochs=1,
        batch_size=8,
        seeds=1,
        tune=False,
        workdir=tmp_path,
    )
    best = found.best("as_is")
    expected = best.evaluate(X, {"size": SIZE}, verbose=0)
    result = found.found.outcomes[0].result
    assert result["test_loss"] == pytest.approx(expected, rel=1e-5)
    diagnosis = normzoo.diagnose(best, (X, {"size": SIZE}))
    assert diagnosis.findings


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "as_dict"),
    # Keras' `compute_loss` reads either form, in all modes.
    [("stacked", True), ("side_by_side", False)],
)
def test_a_group_ends_as_each_run_alone(mode, as_dict, tmp_path):
    model = network(as_dict)
    data = find_data(model, (X, {"size": SIZE}, WEIGHTS))
    plan, _ = make_own_plan(
        model,
        data,
        tmp_path,
        norms=["as_is"],
        seeds=2,
        tune=False,
        epochs=2,
        batch_size=8,
    )
    configs = [run.config for run in plan.every_run]
    assert_ends_as_alone(configs, tmp_path, mode)
