"""Where in a model a batch norm folds: branches, sharing, nested models."""

import keras
import numpy as np
import pytest
from keras import layers

from normzoo.layers import fold_batch_norm

from .folded import BN, chain, check_fold, randomize


def test_layers_that_idle_at_inference():
    model = chain(
        (4, 4, 3),
        layers.Conv2D(4, 2),
        layers.SpatialDropout2D(0.5),
        layers.Activation("linear"),
        BN(name="bn1"),
        layers.ReLU(),
        BN(name="bn2"),
        layers.GaussianNoise(1.0),
        layers.Dropout(0.5),
        layers.Dense(3),
    )
    check_fold(model, gone=["bn1", "bn2"])


def test_several_norms_on_one_layer():
    model = chain(
        (5,),
        BN(name="bn1"),
        BN(name="bn2", scale=False),
        layers.Dense(4),
        BN(name="bn3", center=False),
        BN(name="bn4"),
    )
    result = check_fold(model, gone=["bn1", "bn2", "bn3", "bn4"])
    assert set(result.folded.values()) == {(model.layers[2].name,)}


def test_activation_between_stays():
    model = chain((5,), layers.Dense(4, activation="relu"), BN(name="bn"))
    result = check_fold(model, gone=[], kept=["bn"])
    assert "activation" in result.left["bn"]
    assert "output" in result.left["bn"]


def test_dropout_that_is_always_on_stays():
    x = keras.Input((5,))
    y = layers.Dropout(0.5, seed=1)(layers.Dense(4)(x), training=True)
    model = keras.Model(x, BN(name="bn")(y))
    assert set(fold_batch_norm(model).left) == {"bn"}


@pytest.mark.parametrize("nested", [True, False])
def test_norm_that_always_trains_stays(nested):
    x = keras.Input((5,))
    norm = BN(name="bn")
    dense = layers.Dense(4)
    if nested:
        y = chain((5,), dense, norm)(x, training=True)
    else:
        y = norm(dense(x), training=True)
    (reason,) = fold_batch_norm(keras.Model(x, y)).left.values()
    assert "training=True" in reason


def test_output_of_the_layer_is_used_elsewhere():
    x = keras.Input((5,))
    dense = layers.Dense(4, name="dense")(x)
    norm = BN(name="bn")(dense)
    model = keras.Model(x, layers.Add(name="add")([dense, norm]))
    result = check_fold(model, gone=[], kept=["bn"])
    assert "'add'" in result.left["bn"]


def test_output_of_the_layer_is_an_output():
    x = keras.Input((5,))
    dense = layers.Dense(4)(x)
    model = keras.Model(x, {"a": dense, "b": BN(name="bn")(dense)})
    check_fold(model, gone=[], kept=["bn"])


def test_branches_behind_a_norm():
    x = keras.Input((5,))
    norm = BN(name="bn")(layers.ReLU()(x))
    left = layers.Dense(3, name="left")(norm)
    right = layers.Dense(4, activation="tanh", name="right")(norm)
    result = check_fold(keras.Model(x, [left, right]), gone=["bn"])
    assert set(result.folded["bn"]) == {"left", "right"}


def test_one_branch_is_not_affine():
    x = keras.Input((5,))
    norm = BN(name="bn")(layers.ReLU()(x))
    model = keras.Model(x, [layers.Dense(3)(norm), layers.ReLU()(norm)])
    check_fold(model, gone=[], kept=["bn"])


def test_residual_with_operators():
    x = keras.Input((6, 6, 4))
    y = layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    y = layers.ReLU()(BN(name="bn1")(y))
    y = BN(name="bn2")(layers.Conv2D(4, 3, padding="same")(y))
    model = keras.Model(x, keras.ops.relu(x + 2.0 * y[:, ::-1]))
    check_fold(model, gone=["bn1", "bn2"])


def test_shared_layer_with_its_norm():
    a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
    dense, norm = layers.Dense(4), BN(name="bn")
    model = keras.Model({"a": a, "b": b}, [norm(dense(a)), norm(dense(b))])
    check_fold(model, gone=["bn"])


def test_shared_layer_with_two_norms():
    a, b = keras.Input((5,)), keras.Input((5,))
    dense = layers.Dense(4)
    outputs = [BN(name="bn1")(dense(a)), BN(name="bn2")(dense(b))]
    check_fold(keras.Model([a, b], outputs), gone=[], kept=["bn1", "bn2"])


def test_shared_norm_with_two_layers():
    a, b = keras.Input((5,)), keras.Input((6,))
    norm = BN(name="bn")
    outputs = [norm(layers.Dense(4)(a)), norm(layers.Dense(4)(b))]
    result = check_fold(keras.Model([a, b], outputs), gone=["bn"])
    assert len(result.folded["bn"]) == 2


def test_shared_norm_with_one_input_that_is_not_affine():
    a, b = keras.Input((4,)), keras.Input((6,))
    norm = BN(name="bn")
    outputs = [norm(a), norm(layers.Dense(4)(b))]
    check_fold(keras.Model([a, b], outputs), gone=[], kept=["bn"])


def test_shared_layer_with_a_norm_in_front_of_one_call():
    a, b = keras.Input((5,)), keras.Input((5,))
    dense = layers.Dense(4)
    model = keras.Model([a, b], [dense(BN(name="bn")(a)), dense(b)])
    result = check_fold(model, gone=[], kept=["bn"])
    assert "elsewhere" in result.left["bn"]


def test_shared_norm_in_front_of_a_shared_layer():
    a, b = keras.Input((5,)), keras.Input((5,))
    dense, norm = layers.Dense(4), BN(name="bn")
    model = keras.Model([a, b], [dense(norm(a)), dense(norm(b))])
    check_fold(model, gone=["bn"])


def test_one_layer_reads_a_norm_in_two_layouts():
    x = keras.Input((2, 3, 4))
    norm, dense = BN(name="bn")(x), layers.Dense(2)
    orders = ["channels_last", "channels_first"]
    outputs = [dense(layers.Flatten(order)(norm)) for order in orders]
    result = check_fold(keras.Model(x, outputs), gone=[], kept=["bn"])
    assert "several layouts" in result.left["bn"]


@pytest.mark.slow
def test_application():
    model = keras.applications.MobileNetV2(
        (32, 32, 3), alpha=0.35, weights=None, classes=10
    )
    names = [layer.name for layer in model.layers if isinstance(layer, BN)]
    assert len(names) == 52
    check_fold(model, gone=names)


def test_output_read_twice_by_one_layer():
    x = keras.Input((5, 4))
    y = BN(name="bn")(x)
    model = keras.Model(x, layers.Dot(axes=2)([y, y]))
    check_fold(model, gone=[], kept=["bn"])


def test_nested_models():
    block = chain((4, 4, 3), layers.Conv2D(3, 1), BN(name="bn"), layers.ReLU())
    block.name = "block"
    x = keras.Input((4, 4, 3))
    y = block(block(x))
    inner = keras.Model(x, BN(name="bn")(y), name="inner")
    z = keras.Input((4, 4, 3))
    y = layers.Dense(2)(layers.Flatten()(inner(z)))
    model = keras.Model(z, BN(name="top")(y))
    result = check_fold(
        model, gone=["top", "inner/block/bn"], kept=["inner/bn"]
    )
    assert result.model.get_layer("inner").get_layer("block").name == "block"


def test_layer_shared_by_two_nested_models():
    dense = layers.Dense(5)
    one, two = chain((5,), dense, BN(name="bn")), chain((5,), dense)
    x = keras.Input((5,))
    check_fold(keras.Model(x, one(two(x))), gone=[], kept=[f"{one.name}/bn"])


def test_multiple_inputs_and_outputs_keep_their_structure():
    x = {"a": keras.Input((5,), name="a"), "b": keras.Input((4,), name="b")}
    a = BN(name="bn1")(layers.Dense(3)(x["a"]))
    b = BN(name="bn2")(x["b"])
    joined = layers.Concatenate()([a, layers.Dense(3)(b)])
    model = keras.Model(x, {"joined": joined, "first": a})
    result = check_fold(model, gone=["bn1", "bn2"])
    assert set(result.model.input) == {"a", "b"}
    assert set(result.model.output) == {"joined", "first"}


def test_masks_pass_where_the_norm_was():
    x = keras.Input((6,), dtype="int32")
    y = layers.Embedding(7, 4, mask_zero=True)(x)
    y = BN(name="bn")(layers.Dense(4)(y))
    model = randomize(keras.Model(x, layers.LSTM(3)(y)))
    result = fold_batch_norm(model)
    tokens = np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 1, 2, 0]])
    assert set(result.folded) == {"bn"}
    np.testing.assert_allclose(
        result.model(tokens), model(tokens), rtol=1e-4, atol=1e-5
    )


def test_norm_inside_a_wrapper_is_reported():
    model = chain((3, 5), layers.TimeDistributed(BN(name="bn"), name="wrap"))
    result = check_fold(model, gone=[], kept=["wrap/layer"])
    assert "TimeDistributed" in result.left["wrap/layer"]
