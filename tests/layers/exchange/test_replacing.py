"""Other norms in models that exist."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers import NORMS, replace_norms
from normzoo.layers.models.inner_layers import inner_layers

from ..models.folded import draw_inputs, randomize

BN = keras.layers.BatchNormalization
IMAGE = (6, 6, 3)


def sequential():
    return keras.Sequential(
        [
            keras.Input(IMAGE),
            keras.layers.Conv2D(8, 3, use_bias=False, name="conv"),
            BN(name="bn"),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(2, name="head"),
        ]
    )


def residual():
    """A branch, a norm that is called twice, and one after an addition."""
    x = inputs = keras.Input(IMAGE)
    shared = BN(name="shared")
    x = keras.layers.Conv2D(4, 1, name="first")(x)
    x = shared(x)
    y = keras.layers.Conv2D(4, 3, padding="same", name="second")(x)
    y = keras.layers.add([x, shared(y)])
    return keras.Model(inputs, BN(name="last")(y))


def nested():
    inner = sequential()
    inner.name = "encoder"
    inputs = keras.Input(IMAGE)
    return keras.Model(inputs, BN(name="top")(inner(inputs)))


def masked():
    """Keras hands the mask on to batch norms, and layer norm takes none."""
    inputs = keras.Input((5,), dtype="int32")
    x = keras.layers.Embedding(7, 4, mask_zero=True)(inputs)
    x = BN(name="bn")(x)
    return keras.Model(inputs, keras.layers.LSTM(3)(x))


MODELS = {
    "sequential": (sequential, ["bn"]),
    "residual": (residual, ["shared", "last"]),
    "nested": (nested, ["encoder/bn", "top"]),
    "masked": (masked, ["bn"]),
}


#: In each model; of other norms a place makes no difference, and one model has
#: them all.
SOME = ("none", "batch", "layer", "instance", "virtual")
CASES = [
    pytest.param(*MODELS[name], norm, id=f"{name}-{norm}")
    for name in MODELS
    for norm in (NORMS if name == "sequential" else SOME)
]


def inputs_of(model):
    if model.inputs[0].dtype == "int32":
        return np.array([[1, 2, 3, 0, 0], [4, 5, 6, 2, 1], [3, 3, 0, 0, 0]])
    return draw_inputs(model)


def named(model):
    """Returns layer and name -> array of the weights."""
    return {tuple(w.path.split("/")[-2:]): np.array(w) for w in model.weights}


@pytest.mark.quick(
    *(f"{name}-layer" for name in MODELS), "nested-none", "nested-virtual"
)
@pytest.mark.parametrize(("make", "paths", "norm"), CASES)
def test_each_norm_takes_the_place_of_each(make, paths, norm, tmp_path):
    model = randomize(make())
    x, before = inputs_of(model), named(model)
    result = replace_norms(model, norm)
    places = {**result.replaced, **result.left}
    assert set(places) == set(paths)
    for path, reason in result.left.items():
        assert (norm, path) == ("instance", "top")
        assert "takes statistics over positions" in reason
    new = result.model
    wanted = type(layers.get(norm)())
    for path in result.replaced:
        layer = new
        for name in path.split("/"):
            layer = layer.get_layer(name)
        assert type(layer) is wanted
    for path, value in named(new).items():
        if path[-1] in ("kernel", "gamma", "beta", "embeddings"):
            np.testing.assert_array_equal(value, before[path], str(path))
    # It trains, and loads from a file.
    new.compile("sgd", "mse", run_eagerly=True)
    new.train_on_batch(x, np.zeros(new(x).shape))
    new.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), new(x))
    assert np.isfinite(np.array(new(x))).all()
    # The model itself is as it was.
    for path, value in named(model).items():
        np.testing.assert_array_equal(value, before[path], str(path))


@pytest.mark.parametrize("make", [sequential, residual, nested, masked])
def test_a_norm_of_the_same_kind_computes_the_same(make):
    model = randomize(make())
    for layer in inner_layers(model):
        if isinstance(layer, BN):
            layer.epsilon, layer.momentum = 0.1, 0.5
    x = inputs_of(model)
    ours = replace_norms(model, "batch").model
    np.testing.assert_allclose(ours(x), model(x), rtol=1e-5, atol=1e-5)
    keras_again = replace_norms(ours, BN)
    np.testing.assert_allclose(
        keras_again.model(x), model(x), rtol=1e-5, atol=1e-5
    )
    norms = [x for x in inner_layers(keras_again.model) if isinstance(x, BN)]
    assert {(type(norm), norm.momentum) for norm in norms} == {(BN, 0.5)}


@pytest.mark.parametrize(
    ("norm", "use_bias", "expected"),
    [
        ("none", False, "conv got one"),
        ("rms", False, "conv got one"),
        ("layer", False, ""),
        ("none", True, ""),
    ],
)
def test_a_layer_gets_the_bias_that_it_had_no_need_of(norm, use_bias, expected):
    model = keras.Sequential(
        [
            keras.Input(IMAGE),
            keras.layers.Conv2D(4, 3, use_bias=use_bias, name="conv"),
            BN(name="bn"),
        ]
    )
    result = replace_norms(model, norm)
    assert result.replaced["bn"].bias == expected
    conv = result.model.get_layer("conv")
    assert conv.use_bias is bool(use_bias or expected)
    np.testing.assert_array_equal(conv.kernel, model.get_layer("conv").kernel)


@pytest.mark.parametrize(
    ("norm", "expected"),
    [("batch", "conv lost its own"), ("group", ""), ("none", "")],
)
def test_a_layer_loses_the_bias_that_has_no_effect(norm, expected):
    model = keras.Sequential(
        [
            keras.Input(IMAGE),
            keras.layers.Conv2D(4, 3, name="conv"),
            layers.LayerNormalization(name="norm"),
        ]
    )
    result = replace_norms(model, norm)
    assert result.replaced["norm"].bias == expected
    assert result.model.get_layer("conv").use_bias is not bool(expected)


@pytest.mark.parametrize(
    "between", [keras.layers.ReLU, keras.layers.Identity], ids=str
)
def test_only_the_layer_directly_in_front_gets_a_bias(between):
    conv = keras.layers.Conv2D(4, 3, use_bias=False, name="conv")
    model = keras.Sequential([keras.Input(IMAGE), conv, between(), BN()])
    result = replace_norms(model, "none")
    assert not result.model.get_layer("conv").use_bias


def test_a_layer_that_others_read_keeps_its_bias():
    inputs = keras.Input((3,))
    x = keras.layers.Dense(4, use_bias=False, name="dense")(inputs)
    model = keras.Model(inputs, [BN(name="bn")(x), x])
    result = replace_norms(model, "none")
    assert result.replaced["bn"].bias == ""
    assert not result.model.get_layer("dense").use_bias


def test_options_are_taken_over_unless_they_are_given():
    model = keras.Sequential(
        [
            keras.Input((4, 6)),
            BN(axis=1, scale=False, beta_regularizer="l2", name="bn"),
        ]
    )
    model.get_layer("bn").trainable = False
    norm = replace_norms(model, "layer").model.get_layer("bn")
    assert (norm.scale, norm.center, norm.axis) == (False, True, 1)
    assert norm.beta.shape == (4,)
    assert isinstance(norm.beta_regularizer, keras.regularizers.L2)
    assert not norm.trainable
    norm = replace_norms(model, "layer", scale=True, axis=-1).model.layers[-1]
    assert norm.gamma.shape == (6,)
    # Its own configuration is complete.
    config = keras.saving.serialize_keras_object(layers.LayerNormalization())
    norm = replace_norms(model, config).model.layers[-1]
    assert norm.scale


@keras.saving.register_keras_serializable("test")
class Own(keras.layers.Layer):
    """A norm that has no axis, and takes no mask."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, shape):
        self.gamma = self.add_weight(shape=shape[-1:], name="gamma")

    def call(self, x):
        return self.gamma * x


def test_norms_of_ones_own():
    model = randomize(masked())
    result = replace_norms(model, Own)
    assert result.replaced["bn"] == (
        "BatchNormalization",
        "Own",
        ("gamma",),
        "",
    )
    assert type(result.model.get_layer("bn")) is Own
    back = replace_norms(result.model, "batch", only=Own)
    assert back.replaced["bn"].new == "BatchNormalization"
    assert not replace_norms(result.model, "batch").replaced
    first = keras.Sequential([keras.Input((4, 6)), BN(axis=1, name="bn")])
    assert "no `axis`" in replace_norms(first, Own).left["bn"]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("shared", {"shared"}),
        (["last", "first"], {"last", "first"}),
        (keras.layers.BatchNormalization, {"shared", "last"}),
        (lambda layer: layer.name == "last", {"last"}),
        ([], set()),
    ],
)
def test_only(only, expected):
    result = replace_norms(residual(), "layer", only=only)
    assert {*result.replaced, *result.left} == expected


def test_what_changes_shapes_is_left():
    result = replace_norms(residual(), "layer", only="first")
    assert result.left == {
        "first": "its outputs have another shape than its inputs"
    }


CELLS = {
    keras.layers.LSTM: (layers.BatchNormLSTM, layers.LayerNormLSTM),
    keras.layers.GRU: (layers.BatchNormGRU, layers.LayerNormGRU),
    keras.layers.SimpleRNN: (
        layers.BatchNormSimpleRNN,
        layers.LayerNormSimpleRNN,
    ),
}


@pytest.mark.quick("LSTM")
@pytest.mark.parametrize("plain", CELLS, ids=lambda cls: cls.__name__)
def test_recurrent_layers_to_ours_and_back(plain):
    first = plain(4, return_sequences=True, go_backwards=True, name="rnn")
    model = randomize(keras.Sequential([keras.Input((5, 3)), first]))
    x = inputs_of(model)
    assert not replace_norms(model, "batch").replaced
    for norm, cls in zip(("batch", "layer"), CELLS[plain], strict=True):
        result = replace_norms(model, norm, only=plain)
        assert result.replaced["rnn"].new == cls.__name__
        there = result.model
        assert type(there.layers[-1]) is cls
        assert np.abs(there(x) - model(x)).max() > 1e-3
        back = replace_norms(there, "none")
        assert type(back.model.layers[-1]) is plain
        np.testing.assert_allclose(back.model(x), model(x), atol=1e-6)
        by_class = replace_norms(model, cls, only=plain)
        assert by_class.replaced["rnn"].new == cls.__name__
    assert "no such norm" in replace_norms(there, "group").left["rnn"]


def test_other_recurrent_layers_start_with_gammas_of_their_own():
    model = keras.Sequential([keras.Input((5, 3)), layers.BatchNormLSTM(4)])
    result = replace_norms(model, "layer")
    weights = {w.name: np.array(w) for w in result.model.weights}
    assert (weights["gamma_input"] == 1).all()


def test_what_cannot_become_recurrent_is_left():
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            BN(name="bn"),
            keras.layers.GRU(2, reset_after=False, name="old"),
        ]
    )
    only = [BN, keras.layers.GRU]
    left = replace_norms(model, layers.LayerNormLSTM, only=only).left
    assert set(left) == {"bn", "old"}
    assert "reset_after" in left["old"]
    assert "not recurrent" in left["bn"]


class Subclassed(keras.Model):
    """Has a `call` of its own."""


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"model": Subclassed()}, TypeError, "self.norm = normzoo.layers.get"),
        ({"model": keras.Sequential()}, ValueError, "no weights yet"),
        ({"norm": "bacth"}, ValueError, "Unknown normalization"),
        ({"norm": 3}, TypeError, "A normalization is a name"),
        ({"norm": lambda name: name}, TypeError, "must be a Keras layer"),
        ({"only": "bm"}, ValueError, "Its norms are: bn"),
        ({"only": 3}, TypeError, "`only` takes names"),
        ({"epsilon": -1}, ValueError, "epsilon"),
    ],
)
def test_bad_arguments(arguments, error, words):
    arguments = {"model": sequential(), "norm": "layer", **arguments}
    with pytest.raises(error, match=words):
        replace_norms(**arguments)


def mobile_net():
    return keras.applications.MobileNetV2(
        (32, 32, 3), alpha=0.35, weights=None, classes=4
    )


def mobile_net_3():
    net = keras.applications.MobileNetV3Small(
        (32, 32, 3), weights=None, include_top=False
    )
    return beginning(net, "expanded_conv_3_project_bn")


def conv_next():
    net = keras.applications.ConvNeXtTiny(
        input_shape=(32, 32, 3), weights=None, include_top=False
    )
    return beginning(net, "convnext_tiny_stage_1_block_0_identity")


def beginning(net, last):
    """Returns a network up to a layer; further blocks are like the first."""
    return keras.Model(net.input, net.get_layer(last).output)


# docs/site/families.py tries all families and norms.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "norm", "count", "biases"),
    [
        (mobile_net, "none", 52, 52),
        (mobile_net_3, "group", 12, 0),
        (conv_next, "batch", 6, 5),
    ],
)
def test_known_networks(make, norm, count, biases, tmp_path):
    result = replace_norms(make(), norm)
    assert (len(result.replaced), result.left) == (count, {})
    assert sum(bool(x.bias) for x in result.replaced.values()) == biases
    model = result.model
    x = np.random.default_rng(0).normal(120, 40, (4, 32, 32, 3))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(x, training=True)[:, 0])
    gradients = tape.gradient(loss, model.trainable_variables)
    assert np.isfinite(loss)
    assert all(np.isfinite(np.array(each)).all() for each in gradients)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
