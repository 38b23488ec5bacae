"""Models whose class has a `call` or a `train_step` of its own."""

import keras
import numpy as np
import pytest

import normzoo
from normzoo import layers
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_data, find_model
from normzoo.trainers.data import array_files
from normzoo.trainers.own import files
from normzoo.trainers.own.likeness import WEIGHTS, copied

from .own_classes import (
    BN,
    Dense,
    InOrder,
    Network,
    OfGraph,
    Stepping,
    X,
    Y,
    called,
    compiled,
    made,
    registered,
    stack,
)


def of_graph():
    inputs, *inner = stack()
    x = inputs
    for layer in inner:
        x = layer(x)
    return compiled(OfGraph(inputs, x))


MODELS = {
    "of a graph": of_graph,
    "in order": lambda: compiled(InOrder(stack())),
    "subclassed": lambda: called(Network),
    "stepping": lambda: called(Stepping),
}


def kernel(model, name="first"):
    kernels = (w for w in model.weights if w.path.endswith("kernel"))
    found = {weight.path.split("/")[-2]: weight for weight in kernels}
    return found[name].numpy()


@pytest.mark.quick("of a graph")
@pytest.mark.parametrize(
    "name",
    [
        "of a graph",
        "subclassed",
        pytest.param("in order", marks=pytest.mark.slow),
        pytest.param("stepping", marks=pytest.mark.slow),
    ],
)
def test_all_norms_start_alike_in_a_model_of_the_same_class(name, tmp_path):
    model = MODELS[name]()
    path = str(files.save(find_model(model), tmp_path))
    as_is = made(path)
    assert as_is.built
    assert type(as_is) is type(model)
    assert np.abs(kernel(made(path, seed=1)) - kernel(as_is)).max() > 0.01
    for norm in ("layer", "none"):
        other = made(path, norm)
        assert type(other) is type(model)
        np.testing.assert_array_equal(kernel(other), kernel(as_is))
        np.testing.assert_array_equal(
            kernel(other, "last"), kernel(as_is, "last")
        )
        kinds = {type(each) for each in other._flatten_layers()}
        assert BN not in kinds
        assert (layers.LayerNormalization in kinds) == (norm == "layer")
    kept = made(path, start="weights")
    np.testing.assert_array_equal(kept(X), model(X))
    np.testing.assert_array_equal(copied(model)(X), model(X))


def test_an_attribute_that_no_file_holds_is_no_surprise(tmp_path):
    model = of_graph()
    model.factor = 0.25
    words = "`factor` .* is 0.25, but 0.5 in a model made from its `get_config`"
    with pytest.raises(InputError, match=words):
        files.save(model, tmp_path)


def test_a_file_tells_the_code_of_classes_apart(tmp_path):
    paths = set()
    for name in ("first", "second", "first"):
        kind = type("Same", (Network,), {"train_step": CODES[name]})
        kind = keras.saving.register_keras_serializable("test_same")(kind)
        paths.add(files.save(called(kind), tmp_path, "fresh"))
    assert len(paths) == 2


CODES = {
    "first": lambda self, data: {"loss": 1.0},
    "second": lambda self, data: {"loss": 2.0},
}


@registered
class Compiling(Network):
    def compile(self, *args, **kwargs):
        super().compile(*args, **kwargs)


@registered
class Closed(keras.Model):
    """Does not say what it is made of."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return self.layer(x)

    def get_config(self):
        return {"name": self.name}


@registered
class Silent(Network):
    def test_step(self, data):
        return {"mae": super().test_step(data)["mae"]}

    def get_metrics_result(self):
        return {"mae": super().get_metrics_result()["mae"]}


@registered
class Late(Network):
    def train_step(self, data):
        return self.later(data)


@registered
class Defaults(keras.Model):
    """Has Keras' own `get_config`, which tells defaults."""

    def __init__(self, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.dropout = keras.layers.Dropout(rate)
        self.last = Dense(1)

    def call(self, x, training=None):
        return self.last(self.dropout(x, training=training))


def not_by_default():
    model = Defaults(0.5)
    model(X[:2])
    return compiled(model)


def closed():
    model = Closed(Dense(1))
    model(X[:2])
    return compiled(model)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Network(3), "no weights yet.*call it once"),
        (lambda: called(Compiling), "a `compile` of its own"),
        (closed, "cannot be made again from its `get_config`"),
        (not_by_default, r"has other layers.*\"rate\": self.rate}"),
        (lambda: called(Silent), "returns mae. Expected: also loss"),
        (lambda: called(Late), "trained again.*has no attribute 'later'"),
    ],
)
def test_models_that_no_run_can_make_again(make, words):
    with pytest.raises(InputError, match=words):
        find_data(find_model(make()), (X, Y))


def test_norms_that_such_a_model_cannot_have(tmp_path):
    path = str(files.save(called(Network), tmp_path))
    with pytest.raises(TypeError, match="another shape"):
        made(path, "layer", only=("first",))
    with pytest.raises(TypeError, match="has a `call` of its own"):
        made(path, "layer", insert="before_activation")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "seeds"),
    # With a `call` alone, or as a list of layers, it starts as above.
    [("of a graph", 2), ("stepping", 1)],
)
def test_norms_are_compared(name, seeds, tmp_path):
    model = MODELS[name]()
    arguments = {
        "norms": ("as_is", "virtual"),
        "epochs": 2,
        "batch_size": 16,
        "seeds": seeds,
        "tune": False,
        "workdir": tmp_path,
    }
    found = normzoo.compare_norms(model, (X, Y), **arguments)
    assert not (tmp_path / "groups.json").exists()
    weights = list(tmp_path.rglob(WEIGHTS))
    assert len(weights) == seeds * (2 if isinstance(model, Network) else 1)
    for norm in ("as_is", "virtual"):
        best = found.best(norm)
        assert type(best) is type(model)
        outcomes = [o for o in found.found.outcomes if norm in o.variant]
        chosen = min(outcomes, key=lambda o: o.result["validation_mae"])
        test = array_files.load(chosen.run.config.dataset.name, 0).test
        measured = best.evaluate(*test.batch, verbose=0, return_dict=True)
        for key in ("loss", "mae"):
            assert measured[key] == pytest.approx(chosen.result[f"test_{key}"])
    losses = [o.result["test_loss"] for o in found.found.outcomes]
    assert len(set(losses)) == 2 * seeds
    again = normzoo.compare_norms(model, (X, Y), **arguments)
    assert [o.result["test_loss"] for o in again.found.outcomes] == losses
