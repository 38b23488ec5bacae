"""Models with several inputs, or with texts, from data to trained runs."""

import functools

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf

import normzoo
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_data, find_model
from normzoo.trainers.comparison.own_config import make_own_plan
from normzoo.trainers.data import array_files
from normzoo.trainers.together.suggestion import suggested

from ..together.group_runs import MODES, assert_ends_as_alone

RNG = np.random.default_rng(0)
COUNT = 80
FRAME = pandas.DataFrame(
    {
        "age": RNG.normal(size=COUNT).astype("float32"),
        "city": RNG.choice(["Bonn", "Rome"], COUNT),
        "rooms": RNG.integers(0, 5, COUNT),
    }
)
Y = ((FRAME["age"] > 0) & (FRAME["city"] == "Bonn")).to_numpy(int)
Dense, Input = keras.layers.Dense, keras.Input


def table_model(as_dict=True, texts=True):
    age = Input((1,), name="age")
    rooms = Input((1,), name="rooms", dtype="int64")
    tensors = [age, rooms]
    embedded = keras.layers.Embedding(5, 2, name="embedded")(rooms)
    parts = [age, keras.layers.Flatten()(embedded)]
    if texts:
        city = Input((1,), name="city", dtype="string")
        tensors.append(city)
        look_up = keras.layers.StringLookup(
            vocabulary=["Bonn", "Rome"], output_mode="one_hot", name="look"
        )
        parts.append(look_up(city))
    x = Dense(4, use_bias=False)(keras.layers.Concatenate()(parts))
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(name="norm")(x))
    inputs = {each.name: each for each in tensors} if as_dict else tensors
    model = keras.Model(inputs, Dense(1, activation="sigmoid")(x))
    # By Adam's steps a gradient that is 0 but for rounding would count, too.
    model.compile(
        keras.optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy"]
    )
    return model


@functools.cache
def known_model(as_dict=True):
    """A model that no test changes."""
    return table_model(as_dict)


def plan_of(model, x, folder, **arguments):
    model = find_model(model)
    data = find_data(model, (x, Y))
    arguments = {"norms": ["as_is"], "seeds": 2, "tune": False, **arguments}
    return make_own_plan(model, data, folder, epochs=2, **arguments)


KINDS = {
    "a frame": FRAME,
    "a dict": dict(FRAME.items()),
    "a dict of arrays and lists": {
        "age": FRAME["age"].to_numpy()[:, np.newaxis],
        "city": FRAME["city"].tolist(),
        "rooms": FRAME["rooms"].to_numpy(),
        "not an input": np.ones(3),
    },
    "in order": [FRAME["age"], FRAME["rooms"], FRAME["city"]],
}


@pytest.mark.parametrize("as_dict", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_all_forms_are_what_the_model_takes(kind, as_dict, tmp_path):
    model = known_model(as_dict)
    if kind == "in order" and as_dict:
        with pytest.raises(InputError, match="takes 3 inputs, 'age', 'city'"):
            find_data(model, (KINDS[kind], Y))
        return
    found = find_data(model, (KINDS[kind], Y))
    path = array_files.write(found, tmp_path)
    x = array_files.load(path, 0).train.inputs
    assert isinstance(x, dict if as_dict else tuple)
    leaves = (
        x if as_dict else dict(zip(("age", "rooms", "city"), x, strict=True))
    )
    assert all(leaf.shape == (51, 1) for leaf in leaves.values())
    kinds = {name: leaf.dtype.kind for name, leaf in leaves.items()}
    assert kinds == {"age": "f", "city": "U", "rooms": "i"}
    # Each row is one of the frame.
    rows = set(FRAME.itertuples(index=False, name=None))
    taken = zip(*(leaves[name][:, 0] for name in FRAME), strict=True)
    for age, city, rooms in taken:
        assert (age, city, rooms) in rows
    # The same data have the same file, in another process, too.
    assert array_files.write(found, tmp_path) == path


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (FRAME[["age", "city"]], "'rooms'.*Received as x_train: 'age', 'city'"),
        (
            FRAME.assign(city=1),
            "x_train/city holds numbers, but .* takes texts",
        ),
        (FRAME.assign(age="old"), "x_train/age holds texts"),
        (FRAME["age"], "takes 3 inputs.*Received as x_train.*Series"),
        ({**FRAME, "age": np.ones((COUNT, 2))}, r"shape \(1,\) as 'age'"),
        ({**FRAME, "age": np.ones(3)}, "x_train/age has 3 examples"),
        ({**FRAME, "age": [np.nan] * COUNT}, "x_train/age.*not finite"),
    ],
)
def test_inputs_that_do_not_fit(x, words):
    with pytest.raises(InputError, match=words):
        find_data(known_model(), (x, Y))


@pytest.mark.parametrize("size", [None, 7])
def test_a_data_set_of_several_inputs(size):
    """The input that comes first in it is none, or has another rank."""
    images, numbers = Input((2, 2), name="b_images"), Input((3,), name="c")
    x = keras.layers.Concatenate()([keras.layers.Flatten()(images), numbers])
    model = keras.Model([numbers, images], Dense(1)(x))
    model.compile("sgd", "mse")
    given = {
        "a_key": np.arange(COUNT),
        "b_images": RNG.normal(size=(COUNT, 2, 2)),
        "c": RNG.normal(size=(COUNT, 3)),
    }
    dataset = tf.data.Dataset.from_tensor_slices((given, Y))
    found = find_data(model, dataset.batch(size) if size else dataset)
    for name, leaf in zip(("c", "b_images"), found["x_train"], strict=True):
        np.testing.assert_allclose(leaf, given[name], rtol=1e-6)


def test_a_dict_of_one_input():
    ages = Input((1,), name="age")
    x = keras.layers.BatchNormalization()(Dense(2)(ages))
    model = keras.Model({"age": ages}, Dense(1)(x))
    model.compile("sgd", "mse")
    for given in (FRAME["age"], FRAME[["age"]], {"age": FRAME["age"]}):
        found = find_data(model, (given, Y))
        assert found["x_train"]["age"].shape == (COUNT, 1)


def test_a_frame_whose_columns_are_all_texts():
    city = Input((1,), name="city", dtype="string")
    one_hot = keras.layers.StringLookup(
        vocabulary=["Bonn", "Rome"], output_mode="one_hot"
    )
    model = keras.Model(city, Dense(1)(one_hot(city)))
    model.compile("adam", "mse")
    found = find_data(model, (FRAME[["city"]], Y))
    assert found["x_train"].dtype.kind == "U"
    assert found["x_train"].shape == (COUNT, 1)


@pytest.mark.parametrize(
    ("texts", "mode"), [(True, "call_by_call"), (False, "stacked")]
)
def test_texts_cannot_be_stacked(texts, mode):
    found = suggested(table_model(texts=texts))
    assert found.mode == mode
    assert ("StringLookup" in found.reason) == texts


@pytest.mark.slow
def test_a_reference_batch_holds_no_texts(tmp_path):
    with pytest.raises(InputError, match=r"batch, .* texts as x/city"):
        normzoo.compare_norms(
            table_model(), (FRAME, Y), norms=("virtual",), workdir=tmp_path
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "texts", "as_dict", "norm"),
    # A virtual norm needs what any norm does, and a reference batch besides;
    # side by side it is in test_several_outputs.py, and call by call in
    # together/test_equal_weights.py.
    [
        ("stacked", False, True, "virtual"),
        ("call_by_call", True, True, "as_is"),
        ("side_by_side", True, False, "as_is"),
    ],
)
def test_a_group_ends_as_each_run_alone(mode, texts, as_dict, norm, tmp_path):
    assert mode in MODES
    x = FRAME if texts else FRAME.drop(columns="city")
    plan, _ = plan_of(table_model(as_dict, texts), x, tmp_path, norms=[norm])
    configs = [run.config for run in plan.every_run]
    assert_ends_as_alone(configs, tmp_path, mode)


@pytest.mark.slow
def test_norms_are_compared_and_diagnosed(tmp_path):
    """Of a dict; those of an example in docs/your_model.md are a list."""
    found = normzoo.compare_norms(
        table_model(),
        (FRAME, Y),
        norms=("as_is",),
        epochs=2,
        seeds=1,
        tune=False,
        metric="loss",
        workdir=tmp_path,
    )
    assert len(found.summary.rows) == 1
    best = found.best("as_is")
    diagnosis = normzoo.diagnose(best, (FRAME, Y))
    assert "slow_momentum" in {each.symptom for each in diagnosis.findings}
