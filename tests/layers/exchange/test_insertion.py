"""Norms in models that have none."""

import keras
import numpy as np
import pytest

from normzoo import layers
from normzoo.layers import replace_norms

L = keras.layers
IMAGE = (8, 8, 3)


def own_activations():
    return keras.Sequential(
        [
            keras.Input(IMAGE),
            L.Conv2D(4, 3, activation="relu", name="conv"),
            L.Flatten(),
            L.Dense(6, activation=L.LeakyReLU(0.1), name="dense"),
            L.Dense(3, activation="softmax", name="head"),
        ]
    )


def layers_of_activation():
    """Ends with a pooling, which the last convolution is the output for."""
    x = inputs = keras.Input(IMAGE)
    x = L.ReLU(name="relu")(L.Conv2D(4, 3, name="conv")(x))
    y = L.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    x = L.add([x, L.Activation("tanh", name="tanh")(y)])
    x = L.PReLU(name="last_prelu")(L.Conv2D(4, 1, name="last")(x))
    return keras.Model(inputs, L.GlobalAveragePooling2D()(x))


def nested():
    """The encoder's output is not the model's; the head's is."""
    encoder = own_activations()
    encoder.name = "encoder"
    x = inputs = keras.Input((3,))
    x = L.Dense(5, activation="relu", name="hidden")(x)
    x = L.Dense(2, "sigmoid", name="out")(x)
    head = keras.Model(inputs, x, name="head")
    inputs = keras.Input(IMAGE)
    return keras.Model(inputs, head(encoder(inputs)))


def shared():
    """One layer is called twice, and another one's output is read twice."""
    x = inputs = keras.Input((4,))
    dense = L.Dense(4, activation="relu", name="dense")
    x = dense(dense(x))
    y = L.Dense(4, name="read")(x)
    x = L.add([y, L.ReLU()(y)])
    return keras.Model(inputs, L.Dense(1, name="head")(x))


#: Name -> function, the paths of the norms.
MODELS = {
    "own": (own_activations, ["conv_norm", "dense_norm"]),
    "layers": (layers_of_activation, ["conv_norm", "depthwise_norm"]),
    "nested": (
        nested,
        [
            *(f"encoder/{x}_norm" for x in ("conv", "dense", "head")),
            "head/hidden_norm",
        ],
    ),
    "shared": (shared, ["dense_norm"]),
}
IDENTITY = keras.saving.serialize_keras_object(L.Activation("linear"))


@pytest.mark.quick(
    "own-before_activation",
    "layers-after_activation",
    "shared-before_activation",
)
@pytest.mark.parametrize("where", ["before_activation", "after_activation"])
@pytest.mark.parametrize("name", MODELS)
def test_norms_around_activations(name, where, tmp_path):
    make, paths = MODELS[name]
    model = make()
    x = np.random.default_rng(0).normal(size=(4, *model.input_shape[1:]))
    before = [np.array(weight) for weight in model.weights]
    # What changes nothing shows that all weights are kept.
    same = replace_norms(model, IDENTITY, insert=where)
    assert (sorted(same.replaced), same.left) == (sorted(paths), {})
    np.testing.assert_allclose(same.model(x), model(x), rtol=1e-5, atol=1e-6)
    new = replace_norms(model, "layer", insert=where).model
    assert np.abs(np.array(new(x) - model(x))).max() > 1e-4
    new.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), new(x))
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize(
    ("where", "kinds", "biases"),
    [
        (
            "before_activation",
            ["Conv2D", "BatchNormalization", "Activation"],
            "conv lost its own",
        ),
        ("after_activation", ["Conv2D", "BatchNormalization"], ""),
    ],
)
def test_what_stands_where(where, kinds, biases):
    result = replace_norms(own_activations(), "batch", insert=where)
    found = [type(layer).__name__ for layer in result.model.layers]
    assert found[1 : 1 + len(kinds)] == kinds
    assert result.replaced["conv_norm"].bias == biases
    conv = result.model.get_layer("conv")
    before = where == "before_activation"
    assert (conv.activation is keras.activations.linear) is before
    assert conv.use_bias is not before
    leaky = [x for x in result.model.layers if isinstance(x, L.LeakyReLU)]
    assert len(leaky) == before


@pytest.mark.parametrize("norm", ["none", None])
def test_no_norm_is_not_inserted(norm):
    model = own_activations()
    result = replace_norms(model, norm, insert="before_activation")
    assert (result.replaced, result.left) == ({}, {})
    assert list(map(type, result.model.layers[1:])) == [
        type(layer) for layer in model.layers
    ]


def with_norm():
    norm = layers.get("batch")(name="bn")
    return keras.Sequential([keras.Input((3,)), norm])


def bare():
    return keras.Sequential([keras.Input((3,)), L.Dense(2), L.Dense(1, "relu")])


@pytest.mark.parametrize(
    ("make", "arguments", "words"),
    [
        (own_activations, {"insert": "before"}, "'before_activation', 'after"),
        (own_activations, {"only": "conv"}, "Leave one out"),
        (with_norm, {}, "This one has bn: leave `insert` out"),
        (bare, {}, "no place to insert"),
    ],
)
def test_where_no_norm_can_be_inserted(make, arguments, words):
    arguments = {"insert": "before_activation", **arguments}
    with pytest.raises(ValueError, match=words):
        replace_norms(make(), "batch", **arguments)
