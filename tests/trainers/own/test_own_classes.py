"""Models whose class has a `call` or a `train_step` of its own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import normzoo
from normzoo import layers
from normzoo.layers.references.referring import referring
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_data, find_model
from normzoo.trainers.data import array_files
from normzoo.trainers.own import files
from normzoo.trainers.own.compiled import compile_arguments
from normzoo.trainers.own.likeness import WEIGHTS, copied
from normzoo.trainers.own.models import build
from normzoo.trainers.own.references import check_reference

BN, Dense = keras.layers.BatchNormalization, keras.layers.Dense
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5)).astype("float32")
Y = X[:, :1] - X[:, 1:2]
registered = keras.saving.register_keras_serializable("test_own_classes")


class Steps:
    """Takes smaller steps."""

    factor = 0.5

    def train_step(self, data):
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            outputs = self(x, training=True)
            loss = self.factor * self.compute_loss(x, y, outputs, weights)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(
            zip(gradients, self.trainable_weights, strict=True)
        )
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
        return self.compute_metrics(x, y, outputs, weights)


@registered
class OfGraph(Steps, keras.Model):
    """Is made of inputs and outputs."""


@registered
class InOrder(Steps, keras.Sequential):
    """Is made of a list of layers."""


@registered
class Network(keras.Model):
    """Has a `call` of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first = Dense(units, use_bias=False, name="first")
        self.norms = [BN(name="norm")]
        self.last = Dense(1, name="last")

    def call(self, x, training=None):
        x = self.first(x)
        for norm in self.norms:
            x = norm(x, training=training)
        return self.last(keras.ops.relu(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@registered
class Stepping(Steps, Network):
    """Has both."""


def compiled(model):
    model.compile(keras.optimizers.SGD(0.05), "mse", metrics=["mae"])
    return model


def stack():
    return [
        keras.Input((5,)),
        Dense(6, use_bias=False, name="first"),
        BN(name="norm"),
        keras.layers.ReLU(),
        Dense(1, name="last"),
    ]


def of_graph():
    inputs, *inner = stack()
    x = inputs
    for layer in inner:
        x = layer(x)
    return compiled(OfGraph(inputs, x))


def called(kind):
    model = kind(6)
    model(X[:2])
    return compiled(model)


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


def made(path, norm="as_is", seed=0, start="fresh", **arguments):
    return build(
        (5,), 0, seed=seed, path=path, norm=norm, start=start, **arguments
    )


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


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Network, Stepping])
def test_a_reference_does_to_a_call_what_it_does_to_a_graph(kind):
    def trained(model):
        losses = compiled(model).fit(X, Y, shuffle=False, verbose=0)
        return [
            losses.history["loss"],
            model.evaluate(X, Y, verbose=0),
            model.predict(X, verbose=0),
        ]

    network = layers.replace_norms(called(kind), "virtual").model
    graph = layers.replace_norms(keras.Sequential(stack()), "virtual").model
    for name in ("first", "last"):
        weights = getattr(network, name).get_weights()
        graph.get_layer(name).set_weights(weights)
    stepping = {Network: layers.ReferenceModel, Stepping: Referring}[kind]
    found, expected = (
        trained(model)
        for model in (referring(network, X[:16]), stepping(graph, X[:16]))
    )
    for each, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(each, other)


class Referring(Steps, layers.ReferenceModel):
    """Takes smaller steps, and has a reference batch."""


def test_a_reference_model_can_have_steps_of_its_own():
    graph = layers.replace_norms(keras.Sequential(stack()), "virtual").model
    started = keras.models.clone_model(graph)
    started.set_weights(graph.get_weights())
    losses = []
    for model in (
        Referring(graph, X[:16]),
        layers.ReferenceModel(started, X[:16]),
    ):
        history = compiled(model).fit(X, Y, batch_size=60, verbose=0).history
        losses.append(history["loss"][0])
    assert losses[0] == pytest.approx(Steps.factor * losses[1], rel=1e-5)


@registered
class Scaling(Network):
    """Scales the inputs outside of its `call`."""

    def train_step(self, data):
        x, y = data
        return super().train_step((x / 2, y))


@registered
class Untold(keras.Model):
    """Is not told whether it trains."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.norm, self.last = BN(), Dense(1)

    def call(self, x):
        return self.last(self.norm(x))


@registered
class Passing(Network):
    """Passes more than inputs."""

    def call(self, x, scale=1.0, training=None):
        return super().call(scale * x, training=training)

    def train_step(self, data):
        x, y = data
        outputs = self(x, scale=2.0, training=True)
        return {"loss": self.compute_loss(x, y, outputs)}


@registered
class Summing(Network):
    """Has one output for the batch."""

    def call(self, x, training=None):
        return keras.ops.sum(super().call(x, training=training), 0)


@registered
class Beside(Network):
    """Uses a norm in training beside its `call`."""

    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
        self.beside = BN(center=False, scale=False, name="beside")
        self.beside.build((None, 5))

    def train_step(self, data):
        x, y = data
        self.beside(x, training=True)
        return super().train_step((x, y))


@registered
class Refreshing(Network):
    def refresh(self):
        """Means something else."""


def untold():
    model = Untold()
    model(X[:2])
    return compiled(model)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: called(Scaling), "`train_step` changes the inputs"),
        (untold, r"must call `self\(x, training=True\)`"),
        (lambda: called(Passing), "Received: .* scale, training"),
        (lambda: called(Summing), "an output for each example"),
        (lambda: called(Beside), "no call .* reaches 'beside'"),
        (lambda: called(Refreshing), "an attribute `refresh`"),
    ],
)
def test_a_reference_batch_that_a_model_cannot_have(make, words, tmp_path):
    model, data = make(), array_files.splits_of({"x_train": X, "y_train": Y})
    path = str(files.save(find_model(model), tmp_path))
    arguments = {"optimizer": "sgd", **compile_arguments(model)}
    few = data["train"].taken(slice(2))
    check_reference(made(path, "layer"), few, arguments)
    match = f"cannot have virtual batch norms: .*{words}"
    with pytest.raises(InputError, match=match):
        check_reference(made(path, "virtual"), few, arguments)


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
