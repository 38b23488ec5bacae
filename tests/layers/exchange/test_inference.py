"""Models without what only training needs."""

import keras
import numpy as np
import pytest

from normzoo import layers, zoo
from normzoo.layers.models.inner_layers import inner_layers

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 5)).astype("float32")


def moved(model, *inputs):
    """Moves moving statistics and all weights away from the start."""
    for variable in model.variables:
        if variable.dtype.startswith("float"):
            change = np.abs(RNG.normal(size=variable.shape))
            variable.assign(keras.ops.convert_to_numpy(variable) + change)
    return model


def kinds(model):
    return {type(layer).__name__ for layer in inner_layers(model)}


def test_a_reference_model_gives_up_its_batch():
    model = zoo.mlp((5,), 3, norm="virtual", depth=1, width=4)
    model = moved(layers.ReferenceModel(model, X[:4]))
    result = layers.for_inference(model)
    assert "ReferenceModel" not in kinds(result.model)
    assert result.changed == {
        model.name: "the reference batch became its statistics"
    }
    expected = model.predict(X, verbose=0)
    np.testing.assert_allclose(result.model(X), expected, 1e-5, 1e-6)


def test_weight_norms_and_batch_norms_are_gone():
    spectral = layers.SpectralNormalization(L.Dense(4), name="first")
    model = keras.Sequential(
        [keras.Input((5,)), spectral, L.BatchNormalization(name="norm")]
    )
    result = layers.for_inference(moved(model))
    assert kinds(result.model) == {"Functional", "InputLayer", "Dense"}
    assert result.changed == {
        "first": "SpectralNormalization became its kernel",
        "norm": "folded into first",
    }
    np.testing.assert_allclose(result.model(X), model(X), 1e-4, 1e-5)


#: Norm in a Conditional -> layers that the class leaves of it.
CONDITIONED = {
    "batch": {"Dense"},
    "layer": {"Dense", "LayerNormalization"},
    "rms": {"Dense", "RMSNormalization", "Rescaling"},
}


@pytest.mark.quick("list-batch", "dict-rms")
@pytest.mark.parametrize("norm", CONDITIONED)
@pytest.mark.parametrize("form", [list, dict])
def test_a_fixed_class_leaves_a_plain_norm(norm, form):
    labels = keras.Input((), dtype="int32", name="labels")
    x = keras.Input((5,), name="x")
    norm_of = layers.Conditional(
        layers.get(norm)(), layers.ClassCondition(3), name="norm"
    )
    y = norm_of(L.Dense(4)(x), condition=labels)
    inputs = {"x": x, "labels": labels}
    model = keras.Model(inputs if form is dict else [x, labels], y)
    moved(model)
    result = layers.for_inference(model, {"labels": 2})
    left = kinds(result.model) - {"Functional", "InputLayer"}
    assert left == CONDITIONED[norm]
    assert result.changed["labels"] == "always 2"
    given = {"x": X, "labels": np.full(6, 2)}
    expected = model(given if form is dict else list(given.values()))
    np.testing.assert_allclose(result.model(X), expected, 1e-4, 1e-5)


@pytest.mark.parametrize(
    ("fixed", "words"),
    [
        ({"label": 0}, "no input 'label'. Its inputs are: noise, labels"),
        ({"labels": 9}, "a class from 0 to 2. Received: 9"),
        ({"noise": 0}, "'first' reads it, a Dense"),
        ({"noise": 0, "labels": 1}, "All inputs"),
    ],
)
def test_an_input_that_cannot_be_fixed(fixed, words):
    noise = keras.Input((5,), name="noise")
    labels = keras.Input((), dtype="int32", name="labels")
    norm = layers.Conditional(layers.get("batch")(), layers.ClassCondition(3))
    y = norm(L.Dense(4, name="first")(noise), condition=labels)
    model = keras.Model([noise, labels], y)
    with pytest.raises(ValueError, match=words):
        layers.for_inference(model, fixed)


class Own(keras.Model):
    """A model with its own `call`."""

    def call(self, x):
        return x


def test_a_model_with_its_own_call_stays_as_it_is():
    model = Own(name="own")
    model(X)
    model.built = True
    result = layers.for_inference(model)
    assert result.model is model
    assert result.left == {"own": "it has a `call` of its own"}
    with pytest.raises(TypeError, match="cannot be fixed"):
        layers.for_inference(model, {"x": 1})
