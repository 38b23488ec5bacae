import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from normzoo.layers import BatchNormalization, fold_batch_norm

BN = layers.BatchNormalization


def randomize(model, seed=0):
    """Random weights: gammas negative and zero, far means, small variances."""
    rng = np.random.default_rng(seed)
    for layer in model._flatten_layers():
        if isinstance(layer, BN):
            for weight in layer.weights:
                values = rng.normal(0, 2, weight.shape)
                if weight.name == "moving_variance":
                    values = rng.uniform(0.05, 4, weight.shape)
                elif weight.name == "gamma":
                    values[:1] = 0
                weight.assign(values)
        elif not layer._layers:
            for weight in layer.trainable_weights:
                weight.assign(rng.normal(0, 0.5, weight.shape))
    return model


def draw_inputs(model, seed=1):
    rng = np.random.default_rng(seed)
    return keras.tree.map_structure(
        lambda x: rng.normal(1, 2, [3, *x.shape[1:]]).astype(x.dtype),
        model.inputs[0] if len(model.inputs) == 1 else model.input,
    )


def check_fold(model, gone, kept=(), tolerance=1e-5):
    """Folds, and checks all that must hold of any model."""
    randomize(model)
    x = draw_inputs(model)
    weights = model.get_weights()
    expected = [np.array(y) for y in keras.tree.flatten(model(x))]
    result = fold_batch_norm(model)
    actual = keras.tree.flatten(result.model(x))
    for old, new in zip(expected, actual, strict=True):
        assert old.dtype == new.dtype
        scale = np.abs(old).max()
        assert scale > 0
        np.testing.assert_allclose(new, old, rtol=0, atol=tolerance * scale)
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert set(result.folded) == set(gone)
    assert set(result.left) == set(kept)
    assert count_norms(result.model) == len(kept)
    return result


def count_norms(model):
    return sum(isinstance(layer, BN) for layer in model._flatten_layers())


def chain(shape, *parts, **kwargs):
    return keras.Sequential([keras.Input(shape, **kwargs), *parts])


# Name -> the shape of one example, and how to make the layer. All strides,
# groups and multipliers that change the order of channels appear.
FRONT_OR_BEHIND = {
    "dense": ((5,), lambda **k: layers.Dense(4, **k)),
    "dense_3d": ((6, 5), lambda **k: layers.Dense(4, **k)),
    "conv1d": ((9, 4), lambda **k: layers.Conv1D(6, 3, groups=2, **k)),
    "conv2d": ((7, 6, 3), lambda **k: layers.Conv2D(4, (3, 2), 2, **k)),
    "conv2d_groups": (
        (7, 6, 6),
        lambda **k: layers.Conv2D(9, 2, groups=3, **k),
    ),
    "conv2d_same_1x1": (
        (5, 5, 3),
        lambda **k: layers.Conv2D(4, 1, 2, padding="same", **k),
    ),
    "conv3d": ((5, 4, 5, 2), lambda **k: layers.Conv3D(3, 2, **k)),
    "dilated": (
        (9, 9, 2),
        lambda **k: layers.Conv2D(3, 3, dilation_rate=2, **k),
    ),
    "depthwise1d": (
        (9, 3),
        lambda **k: layers.DepthwiseConv1D(3, depth_multiplier=2, **k),
    ),
    "depthwise2d": (
        (7, 7, 3),
        lambda **k: layers.DepthwiseConv2D(3, depth_multiplier=2, **k),
    ),
    "separable1d": (
        (9, 3),
        lambda **k: layers.SeparableConv1D(5, 3, depth_multiplier=2, **k),
    ),
    "separable2d": (
        (7, 7, 3),
        lambda **k: layers.SeparableConv2D(5, 3, depth_multiplier=2, **k),
    ),
    "transposed_1x1": (
        (4, 4, 3),
        lambda **k: layers.Conv2DTranspose(5, 1, **k),
    ),
}

# Here an input's border or stride reaches the output: only behind is exact.
ONLY_BEHIND = {
    "same": (
        (6, 6, 3),
        lambda **k: layers.Conv2D(4, 3, padding="same", **k),
    ),
    "causal": (
        (8, 3),
        lambda **k: layers.Conv1D(4, 3, padding="causal", **k),
    ),
    "depthwise_same": (
        (6, 6, 3),
        lambda **k: layers.DepthwiseConv2D(3, padding="same", **k),
    ),
    "separable_same": (
        (6, 6, 3),
        lambda **k: layers.SeparableConv2D(4, 3, padding="same", **k),
    ),
    "transposed1d": ((5, 3), lambda **k: layers.Conv1DTranspose(4, 3, 2, **k)),
    "transposed2d": (
        (4, 5, 3),
        lambda **k: layers.Conv2DTranspose(4, 3, 2, padding="same", **k),
    ),
    "transposed2d_tiles": (
        (4, 4, 3),
        lambda **k: layers.Conv2DTranspose(4, 2, 2, **k),
    ),
    "transposed2d_gaps": (
        (4, 4, 3),
        lambda **k: layers.Conv2DTranspose(4, 1, 2, **k),
    ),
    "transposed3d": (
        (3, 3, 3, 2),
        lambda **k: layers.Conv3DTranspose(3, 2, **k),
    ),
}
ALL = FRONT_OR_BEHIND | ONLY_BEHIND


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_norm_behind(name):
    shape, make = ALL[name]
    x = keras.Input(shape)
    outputs = []
    for use_bias in (True, False):
        norm = BN(name=f"bn_{use_bias}")
        outputs.append(layers.LeakyReLU()(norm(make(use_bias=use_bias)(x))))
    check_fold(keras.Model(x, outputs), gone=["bn_True", "bn_False"])


@pytest.mark.parametrize("name", FRONT_OR_BEHIND)
def test_norm_in_front(name):
    shape, make = FRONT_OR_BEHIND[name]
    model = chain(
        shape, BN(name="bn"), make(activation="leaky_relu", use_bias=False)
    )
    check_fold(model, gone=["bn"])


@pytest.mark.parametrize("name", ONLY_BEHIND)
def test_shift_meets_padding(name):
    shape, make = ONLY_BEHIND[name]
    model = chain(shape, BN(name="bn"), make())
    result = check_fold(model, gone=[], kept=["bn"])
    assert "padding" in result.left["bn"]


@pytest.mark.parametrize("name", ONLY_BEHIND)
def test_no_shift_folds_in_front_of_padding(name):
    shape, make = ONLY_BEHIND[name]
    model = randomize(chain(shape, BN(center=False, name="bn"), make()))
    model.get_layer("bn").moving_mean.assign(np.zeros(shape[-1]))
    x = draw_inputs(model)
    result = fold_batch_norm(model)
    np.testing.assert_allclose(result.model(x), model(x), rtol=1e-4, atol=1e-4)
    assert result.left == {}


@pytest.mark.parametrize("kwargs", [{}, {"renorm": True}, {"epsilon": 0.3}])
def test_our_norm(kwargs):
    model = chain(
        (6, 6, 3),
        layers.Conv2D(4, 3),
        BatchNormalization(name="bn1", **kwargs),
        layers.ReLU(),
        BatchNormalization(name="bn2", **kwargs),
        layers.Conv2D(4, 3),
        layers.ReLU(),
        BatchNormalization(axis=1, name="bn3", **kwargs),
    )
    check_fold(model, gone=["bn1", "bn2"], kept=["bn3"])


@pytest.mark.parametrize("before", [True, False])
def test_float64(before):
    norm = BN(name="bn", dtype="float64")
    conv = layers.Conv2D(4, 3, groups=2, dtype="float64")
    parts = [norm, conv] if before else [conv, norm]
    model = chain((6, 6, 2), *parts, dtype="float64")
    check_fold(model, gone=["bn"], tolerance=1e-13)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    model = chain(
        (4, 6),
        layers.Dense(8, dtype=policy),
        BN(name="bn", dtype=policy),
        layers.Dense(8, activation="relu", dtype=policy),
    )
    check_fold(model, gone=["bn"], tolerance=0.03)


def test_variables_stay_float32_under_mixed_precision():
    model = chain((6,), layers.Dense(8, dtype="mixed_bfloat16"))
    model.add(BN(dtype="mixed_bfloat16"))
    folded = fold_batch_norm(model).model
    assert {w.dtype for w in folded.weights} == {"float32"}


def test_norm_that_casts_stays():
    model = chain((6,), layers.Dense(8, dtype="mixed_bfloat16"))
    model.add(BN(name="bn", dtype="float32"))
    result = check_fold(model, gone=[], kept=["bn"])
    assert "casts bfloat16 to float32" in result.left["bn"]


def test_channels_first():
    try:
        layers.Conv2D(1, 1, data_format="channels_first")(np.ones((1, 1, 1, 1)))
    except tf.errors.UnimplementedError:
        pytest.skip("TensorFlow convolves channels_first on some CPUs alone")
    model = chain(
        (3, 7, 7),
        layers.Conv2D(4, 3, data_format="channels_first"),
        BN(axis=1, name="bn1"),
        layers.ReLU(),
        BN(axis=1, name="bn2"),
        layers.DepthwiseConv2D(
            3, depth_multiplier=2, data_format="channels_first"
        ),
        layers.ReLU(),
        BN(axis=1, name="bn3"),
        layers.Flatten(data_format="channels_first"),
        layers.Dense(3),
    )
    check_fold(model, gone=["bn1", "bn2", "bn3"])


@pytest.mark.parametrize("axis", [1, 2])
def test_other_axis_stays(axis):
    conv = layers.Conv2D(5, 3, activation=None)
    model = chain((7, 6, 3), conv, BN(axis=axis, name="bn"), layers.ReLU())
    result = check_fold(model, gone=[], kept=["bn"])
    assert f"axis {axis}" in result.left["bn"]


def test_other_axis_in_front_of_dense_stays():
    model = chain((7, 6), BN(axis=1, name="bn"), layers.Dense(3))
    result = check_fold(model, gone=[], kept=["bn"])
    assert "axis" in result.left["bn"]


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_any_axis_folds_through_flatten(axis):
    model = chain(
        (4, 5, 3), BN(axis=axis, name="bn"), layers.Flatten(), layers.Dense(2)
    )
    check_fold(model, gone=["bn"])


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


def test_subclasses_are_left():
    class Doubling(layers.Dense):
        def call(self, inputs):
            return super().call(inputs) ** 2

    class OtherNorm(BN):
        pass

    model = chain((5,), Doubling(4), BN(name="bn1"), layers.ReLU())
    model.add(OtherNorm(name="bn2"))
    model.add(layers.Dense(2))
    result = check_fold(model, gone=[], kept=["bn1", "bn2"])
    assert "Doubling" in result.left["bn1"]
    assert "OtherNorm" in result.left["bn2"]


def test_statistics_that_are_not_finite_are_left():
    model = chain((5,), layers.Dense(4), BN(name="bn"))
    model.layers[-1].moving_variance.assign([1, 1, np.nan, 1])
    assert "not finite" in fold_batch_norm(model).left["bn"]


def test_lora_is_left():
    dense = layers.Dense(4)
    model = chain((5,), dense, BN(name="bn"))
    dense.enable_lora(2)
    result = check_fold(model, gone=[], kept=["bn"])
    assert "LoRA" in result.left["bn"]


def test_lambda_and_state_are_copied():
    model = chain(
        (5,),
        layers.Dense(4),
        BN(name="bn1"),
        layers.Lambda(lambda x: x * 3),
        layers.Dropout(0.5, seed=3),
        layers.LayerNormalization(),
    )
    check_fold(model, gone=["bn1"])


def test_names_and_biases():
    model = chain((5,), layers.Dense(4, use_bias=False, name="d"), BN())
    result = fold_batch_norm(model)
    assert [layer.name for layer in result.model.layers] == [
        model.inputs[0]._keras_history.operation.name,
        "d",
    ]
    assert result.model.name == model.name
    assert result.model.get_layer("d").use_bias
    assert not model.get_layer("d").use_bias


def test_saves_without_custom_code(tmp_path):
    model = randomize(
        chain((7, 7, 2), layers.Conv2D(3, 3, use_bias=False), BN(), BN())
    )
    folded = fold_batch_norm(model).model
    folded.save(tmp_path / "folded.keras")
    loaded = keras.models.load_model(tmp_path / "folded.keras", compile=False)
    x = draw_inputs(model)
    np.testing.assert_array_equal(loaded(x), folded(x))


def test_model_without_norms():
    result = check_fold(chain((5,), layers.Dense(3)), gone=[])
    assert result.folded == {}


def test_subclassed_model_is_refused():
    class Custom(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(TypeError, match="Custom, which has a `call`"):
        fold_batch_norm(Custom())


def test_unbuilt_model_is_refused():
    with pytest.raises(ValueError, match="has no weights yet"):
        fold_batch_norm(keras.Sequential([layers.Dense(3)]))


PARTS = {
    "norm": lambda: BN(),
    "relu": lambda: layers.LeakyReLU(),
    "dropout": lambda: layers.Dropout(0.3),
    "dense": lambda: layers.Dense(4, use_bias=False),
    "dense_tanh": lambda: layers.Dense(3, activation="tanh"),
    "valid": lambda: layers.Conv2D(4, 2),
    "same": lambda: layers.Conv2D(2, 3, padding="same"),
    "depthwise": lambda: layers.DepthwiseConv2D(2, depth_multiplier=2),
    "transposed": lambda: layers.Conv2DTranspose(3, 2, 2),
}


def expected_left(names):
    """The norms of a chain that stay, found from the names alone."""
    linear = {"dense", "valid", "same", "depthwise", "transposed"}
    front = {"dense", "dense_tanh", "valid", "depthwise"}
    left = []
    for i, name in enumerate(names):
        if name != "norm":
            continue
        before = [n for n in names[:i] if n != "dropout"]
        after = [n for j, n in enumerate(names[i + 1 :]) if n != "dropout"]
        while before and before[-1] == "norm":
            before.pop()
        while after and after[0] == "norm":
            after.pop(0)
        behind_one = bool(before) and before[-1] in linear
        if not behind_one and not (after and after[0] in front):
            left.append(i)
    return left


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=7))
def test_random_chains(names):
    parts = [PARTS[name]() for name in names]
    model = chain((9, 9, 2), *parts)
    norms = {i: p.name for i, p in enumerate(parts) if isinstance(p, BN)}
    kept = [norms[i] for i in expected_left(names)]
    gone = [name for name in norms.values() if name not in kept]
    check_fold(model, gone=gone, kept=kept, tolerance=2e-5)
