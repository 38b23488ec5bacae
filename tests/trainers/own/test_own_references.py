"""Reference batches of models with a `call` or steps of their own."""

import keras
import numpy as np
import pytest

from normzoo import layers
from normzoo.layers.references.referring import referring
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_model
from normzoo.trainers.data import array_files
from normzoo.trainers.own import files
from normzoo.trainers.own.compiled import compile_arguments
from normzoo.trainers.own.references import check_reference

from .own_classes import (
    BN,
    Dense,
    Network,
    Stepping,
    Steps,
    X,
    Y,
    called,
    compiled,
    made,
    registered,
    stack,
)


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
