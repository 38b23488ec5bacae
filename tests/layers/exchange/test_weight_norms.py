"""Models that get norms of their kernels, or lose them."""

import keras
import numpy as np
import pytest

from normzoo import layers
from normzoo.layers.models.inner_layers import inner_layers

L = keras.layers
X = np.random.default_rng(0).normal(size=(4, 8, 3)).astype("float32")
NORMS = [name for name in layers.WEIGHT_NORMS if name != "none"]


def make_model():
    """A model with a nested one, a shared layer and a recurrent one."""
    block = keras.Sequential(
        [
            keras.Input((8, 3)),
            L.Conv1D(4, 3, padding="same", name="conv"),
            L.BatchNormalization(name="norm"),
            L.ReLU(),
        ],
        name="block",
    )
    shared = L.Dense(4, name="shared")
    inputs = keras.Input((8, 3))
    x = shared(shared(block(inputs)))
    x = L.Bidirectional(L.GRU(3), name="both")(x)
    return keras.Model(inputs, L.Dense(2, name="logits")(x))


LAYERS = {"block/conv", "shared", "both", "logits"}


@pytest.mark.quick("standardization")
@pytest.mark.parametrize(
    "norm",
    # That of scaled_standardization has the same kernels.
    [norm for norm in NORMS if norm != "scaled_standardization"],
)
def test_each_kernel_gets_its_norm_and_can_lose_it(norm):
    model = make_model()
    result = layers.replace_weight_norms(model, norm)
    outputs = set() if norm in ("spectral", "weight") else {"logits"}
    assert result.replaced.keys() == LAYERS - outputs
    assert result.left == {}
    copy = result.model
    wrapper = type(layers.get_weight_norm(norm)(L.Dense(1)))
    assert isinstance(copy.get_layer("shared"), wrapper)
    assert isinstance(copy.get_layer("block").get_layer("conv"), wrapper)
    # The variables are the model's.
    np.testing.assert_array_equal(
        copy.get_layer("shared").layer.kernel, model.get_layer("shared").kernel
    )
    copy.compile("sgd", "mse")
    copy.fit(X, np.ones((4, 2)), verbose=0)
    plain = layers.replace_weight_norms(copy, "none")
    assert plain.replaced.keys() == LAYERS - outputs
    kinds = {type(x) for x in plain.model.layers}
    assert L.Dense in kinds
    assert wrapper not in kinds
    np.testing.assert_allclose(plain.model(X), copy(X), 1e-5, 1e-6)


def test_weight_norm_changes_no_output():
    model = make_model()
    copy = layers.replace_weight_norms(model, "weight").model
    np.testing.assert_allclose(copy(X), model(X), 1e-5, 1e-6)


def test_one_norm_takes_the_place_of_another():
    first = layers.replace_weight_norms(make_model(), "spectral").model
    result = layers.replace_weight_norms(first, "weight")
    shared = result.model.get_layer("shared")
    assert isinstance(shared, layers.WeightNormalization)
    assert isinstance(shared.layer, L.Dense)
    np.testing.assert_allclose(result.model(X), first(X), 1e-5, 1e-6)
    assert result.replaced["shared"].old == "SpectralNormalization"


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("logits", {"logits"}),
        (L.Dense, {"shared", "logits"}),
        (["block/conv"], {"block/conv"}),
    ],
)
def test_only_some_layers(only, expected):
    result = layers.replace_weight_norms(
        make_model(), "standardization", only=only
    )
    assert result.replaced.keys() == expected


def test_what_cannot_be_normalized_is_left():
    model = keras.Sequential(
        [keras.Input((1,)), L.Dense(3, name="first"), L.Dense(2), L.Dense(1)]
    )
    result = layers.replace_weight_norms(model, "standardization")
    assert len(result.replaced) == 1
    assert "one weight for each unit" in result.left["first"]
    result = layers.replace_weight_norms(model, "spectral", only=L.ReLU)
    assert result.replaced == {}


class Twice(L.Layer):
    """Has a layer with a kernel in it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = L.Dense(4, name="dense")

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, inputs):
        return self.dense(self.dense(inputs))


def test_layers_inside_others_are_left():
    inputs = keras.Input((8, 4))
    model = keras.Model(inputs, L.Dense(2)(Twice(name="twice")(inputs)))
    result = layers.replace_weight_norms(model, "spectral")
    assert len(result.replaced) == 1
    assert result.left == {"twice/dense": "it is inside another layer"}


def test_kernels_of_an_unknown_kind_are_left():
    layer = L.ConvLSTM1D(2, 3, name="unknown")
    scale = L.EinsumDense("...x,x->...x", 4, name="scale")
    parts = [keras.Input((3, 8, 4)), scale, layer, L.Flatten(), L.Dense(2)]
    result = layers.replace_weight_norms(keras.Sequential(parts), "spectral")
    assert result.left.keys() == {"unknown"}
    assert "no weight norm knows" in result.left["unknown"]


def test_norms_of_both_kinds_combine():
    model = layers.replace_weight_norms(make_model(), "standardization").model
    result = layers.replace_norms(model, "group")
    assert result.replaced.keys() == {"block/norm"}
    assert "block/conv" not in result.left
    conv = result.model.get_layer("block").get_layer("conv")
    assert isinstance(conv, layers.WeightStandardization)
    assert result.model(X).shape == (4, 2)


def test_a_model_with_a_call_of_its_own_is_refused():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(TypeError, match="Give its layers their weight norms"):
        layers.replace_weight_norms(Own(), "spectral")


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    ("had", "new", "use_bias", "said"),
    [
        ("batch", "none", False, "conv got one"),
        ("layer", "batch", True, "conv lost its own"),
        ("layer", "group", True, ""),
    ],
)
def test_biases_in_front_of_norms_are_kept_up(norm, had, new, use_bias, said):
    conv = L.Conv1D(8, 3, use_bias=use_bias, name="conv")
    model = keras.Sequential(
        [
            keras.Input((8, 3)),
            layers.get_weight_norm(norm)(conv),
            layers.get(had)(name="norm"),
            L.Flatten(),
        ]
    )
    result = layers.replace_norms(model, new)
    assert result.replaced["norm"].bias == said
    found = result.model.get_layer("conv")
    assert found.layer.use_bias == (not use_bias if said else use_bias)
    np.testing.assert_array_equal(found.layer.kernel, conv.kernel)
    for name in found.state:
        ours, theirs = (
            getattr(x, f"kernel_{name}")
            for x in (found, model.get_layer("conv"))
        )
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("norm", NORMS)
def test_norms_are_inserted_around_layers_with_normalized_kernels(norm):
    wrap = layers.get_weight_norm(norm)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            wrap(L.Dense(4, activation="relu", name="first")),
            wrap(L.Dense(4, name="second")),
            L.ReLU(),
            L.Dense(2, name="logits"),
        ]
    )
    x = X.reshape(-1, 6)
    result = layers.replace_norms(model, "layer", insert="before_activation")
    assert result.replaced.keys() == {"first_norm", "second_norm"}
    names = [layer.name for layer in result.model.layers]
    assert names[1:4] == ["first", "first_norm", "first_activation"]
    assert result.model.get_layer("first").layer.activation.__name__ == "linear"
    plain = layers.replace_norms(model, "none", insert="before_activation")
    np.testing.assert_allclose(plain.model(x), model(x), 1e-6)


def test_norms_inside_a_layer_with_normalized_kernels_are_replaced():
    lstm = layers.LayerNormLSTM(4, name="lstm")
    model = keras.Sequential(
        [keras.Input((8, 3)), layers.SpectralNormalization(lstm), L.Dense(2)]
    )
    result = layers.replace_norms(model, "batch", max_timesteps=8)
    assert list(result.replaced) == ["lstm/layer"]
    kinds = {type(x) for x in inner_layers(result.model)}
    assert {layers.SpectralNormalization, layers.BatchNormLSTM} <= kinds
    result.model.compile("sgd", "mse")
    result.model.fit(X, np.ones((4, 2)), verbose=0)
