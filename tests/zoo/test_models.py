"""What the models of the zoo with any norm promise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers, zoo
from normzoo.layers.norms.bias import cancels_bias

SHAPE = (8, 8, 1)
MODELS = ("mlp", "cnn")
#: `instance` would normalize single numbers in an MLP.
CASES = [
    (model, norm)
    for model in MODELS
    for norm in layers.NORMS
    if (model, norm) != ("mlp", "instance")
]


def build(name, **knobs):
    sizes = {"cnn": {"width": 8, "dense_units": 16}, "mlp": {"width": 16}}
    return zoo.MODELS[name](SHAPE, 10, **{**sizes[name], **knobs})


def images(count):
    return np.random.default_rng(0).random((count, *SHAPE), np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("position", ["before", "after"])
@pytest.mark.parametrize(("name", "norm"), CASES)
def test_every_model_takes_every_norm(name, norm, position):
    model = build(name, norm=norm, norm_position=position)
    assert model(images(3), training=True).shape == (3, 10)


@pytest.mark.parametrize("weight_norm", layers.WEIGHT_NORMS)
@pytest.mark.parametrize("name", MODELS)
def test_every_model_takes_every_weight_norm(name, weight_norm):
    model = build(name, norm="group", weight_norm=weight_norm, seed=3)
    assert model(images(3), training=True).shape == (3, 10)
    wrapped = [x for x in model.layers if isinstance(x, keras.layers.Wrapper)]
    linear = 2 if name == "mlp" else 3
    outputs = weight_norm in ("spectral", "weight")
    assert len(wrapped) == (weight_norm != "none") * (linear + outputs)
    plain = build(name, norm="group", seed=3)
    for layer in wrapped:
        expected = plain.get_layer(layer.name).kernel
        np.testing.assert_array_equal(layer.layer.kernel, expected)


def test_scaled_standardization_knows_the_activation():
    model = build("mlp", weight_norm="scaled_standardization")
    gain = layers.variance_gain("relu")
    assert model.get_layer("dense_0").gamma == gain


@pytest.mark.quick("mlp-none", "mlp-group", "mlp-virtual", "cnn-batch")
@pytest.mark.parametrize(("name", "norm"), CASES)
def test_equal_seeds_give_equal_kernels(name, norm):
    def kernels(seed, norm):
        model = build(name, norm=norm, seed=seed)
        return {w.path: w.numpy() for w in model.weights if "kernel" in w.path}

    plain, normed = kernels(7, "none"), kernels(7, norm)
    other = kernels(8, norm)
    assert plain.keys() == normed.keys()
    for path, kernel in plain.items():
        np.testing.assert_array_equal(kernel, normed[path])
        assert not np.array_equal(kernel, other[path])


def test_layers_of_equal_shape_start_from_different_kernels():
    model = zoo.mlp((16,), 10, depth=3, width=16)
    kernels = [model.get_layer(f"dense_{i}").kernel.numpy() for i in range(3)]
    assert not np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[1], kernels[2])


@pytest.mark.parametrize("name", MODELS)
def test_the_norm_stands_where_it_is_told(name):
    def order(position):
        names = [
            layer.name
            for layer in build(
                name, norm="batch", norm_position=position
            ).layers
        ]
        first = next(n for n in names if n.startswith("norm_"))
        return names.index(first) - names.index(
            first.replace("norm_", "activation_")
        )

    assert order("before") == -1
    assert order("after") == 1


@pytest.mark.parametrize(
    ("norm", "has", "dense_has"),
    [
        ("batch", True, True),
        ("dynamic_tanh", True, True),
        # These two are left out behind a Dense layer.
        ("evonorm_b0", False, True),
        ("filter_response", False, True),
        ("evonorm_s0", False, False),
    ],
)
def test_a_norm_that_is_an_activation_has_none_behind(norm, has, dense_has):
    def names(**knobs):
        return [layer.name for layer in build("cnn", norm=norm, **knobs).layers]

    assert ("activation_conv_0" in names()) is has
    assert ("activation_dense" in names()) is dense_has
    assert "activation_conv_0" in names(norm_position="after")


@pytest.mark.parametrize("name", MODELS)
def test_a_norm_on_the_inputs(name):
    model = build(name, norm="batch", normalize_inputs=True)
    below = keras.Model(model.input, model.get_layer("norm_inputs").output)
    y = keras.ops.convert_to_numpy(below(images(64), training=True))
    np.testing.assert_allclose(y.mean(), 0, atol=1e-5)
    assert "norm_inputs" not in {
        layer.name for layer in build(name, norm="batch").layers
    }


@pytest.mark.parametrize("normalize_inputs", [False, True])
def test_the_norm_on_the_inputs_may_be_another_one(normalize_inputs):
    model = zoo.mlp(
        (5,),
        3,
        norm="layer",
        input_norm="batch",
        norm_arguments={"batch": {"epsilon": 0.5}},
        normalize_inputs=normalize_inputs,
    )
    found = {
        layer.name: layer for layer in model.layers if "norm" in layer.name
    }
    assert type(found.pop("norm_inputs")) is layers.BatchNormalization
    assert model.get_layer("norm_inputs").epsilon == 0.5
    assert {type(x) for x in found.values()} == {layers.LayerNormalization}


@pytest.mark.parametrize("name", MODELS)
def test_a_bias_stands_where_it_has_an_effect(name):
    def biases(**knobs):
        return sum("bias" in w.path for w in build(name, **knobs).weights)

    without = biases(norm="none")
    assert biases(norm="batch") == 1  # of the logits
    assert biases(norm="virtual") == 1
    assert biases(norm="batch", norm_position="after") == without
    for norm in ("layer", "group", "rms", "filter_response", "evonorm_b0"):
        assert biases(norm=norm) == without


@pytest.mark.parametrize("norm", ["batch", "instance", "virtual"])
def test_these_norms_cancel_a_bias(norm):
    layer = layers.get(norm)()
    x = tf.random.normal((4, 6, 3))
    shifted = x + tf.constant([1.0, -2.0, 3.0])
    call = {"batch": {"training": True}}.get(norm, {})
    outputs = [
        layer(v, **({"reference": v} if norm == "virtual" else call))
        for v in (x, shifted)
    ]
    assert cancels_bias(layer)
    np.testing.assert_allclose(*outputs, atol=1e-5)


@pytest.mark.parametrize("initializer", ["he_normal", "random_normal"])
def test_initializer_scale_scales_the_kernels(initializer):
    small, large = (
        zoo.mlp(
            (64,),
            10,
            kernel_initializer=initializer,
            initializer_scale=scale,
        )
        .get_layer("dense_0")
        .kernel
        for scale in (1.0, 3.0)
    )
    np.testing.assert_allclose(3 * small.numpy(), large.numpy(), rtol=1e-5)


def test_an_activation_may_be_a_layer():
    leaky = keras.layers.LeakyReLU(negative_slope=0.1)
    model = zoo.mlp((64,), 10, depth=2, activation=leaky)
    copies = [model.get_layer(f"activation_dense_{i}") for i in range(2)]
    assert len({id(leaky), *map(id, copies)}) == 3
    for copy in copies:
        np.testing.assert_allclose(copy(np.float32([[-2, 2]])), [[-0.2, 2]])


def test_dropout_depends_on_the_seed_alone():
    def outputs(seed):
        model = zoo.mlp((64,), 10, dropout=0.5, seed=seed)
        return model(np.ones((4, 64), np.float32), training=True).numpy()

    np.testing.assert_array_equal(outputs(1), outputs(1))
    assert not np.array_equal(outputs(1), outputs(2))


def test_the_cnn_has_the_size_of_its_model():
    # Flax' MNIST example: 824,458 parameters.
    assert zoo.cnn((28, 28, 1), 10).count_params() == 824_458


def test_the_published_cnn_for_sequences_has_its_size():
    # The MNIST-1D paper's: 5,210 parameters.
    model = zoo.cnn(
        (40, 1),
        10,
        depth=3,
        width=25,
        growth=1,
        kernel_size=(5, 3, 3),
        downsampling="stride",
        dense_units=0,
    )
    assert model.count_params() == 5210
    assert model.get_layer("flatten").output.shape == (None, 125)


@pytest.mark.parametrize("norm", layers.NORMS)
def test_the_cnn_takes_sequences(norm):
    model = zoo.cnn((12, 2), 10, width=8, dense_units=16, norm=norm)
    inputs = np.random.default_rng(0).random((3, 12, 2), np.float32)
    assert model(inputs, training=True).shape == (3, 10)
    assert model.get_layer("pool_1").output.shape == (None, 3, 16)


@pytest.mark.parametrize("downsampling", ["pool", "stride"])
def test_stages_halve_an_image(downsampling):
    model = zoo.cnn((8, 8, 1), 10, depth=3, width=4, downsampling=downsampling)
    assert model.get_layer("flatten").output.shape == (None, 16)


def test_residual_connections():
    model = zoo.mlp((4,), 10, depth=3, width=16, residual=True)
    x = images(1).ravel()[None, :4]
    h = np.maximum(x @ model.get_layer("dense_0").kernel, 0)
    for i in (1, 2):
        h = h + np.maximum(h @ model.get_layer(f"dense_{i}").kernel, 0)
    expected = h @ model.get_layer("logits").kernel
    np.testing.assert_allclose(model(x), expected, 1e-4, 1e-5)
    # The MNIST-1D paper's: 15,210 parameters.
    assert zoo.mlp((40, 1), 10, width=100).count_params() == 15_210


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_logits_are_float32_under_mixed_precision(name, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        assert build(name, norm="batch")(images(2)).dtype == "float32"
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("name", MODELS)
def test_a_saved_model_loads(name, tmp_path):
    model = build(name, norm="group", dropout=0.1)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(images(2)), model(images(2)))


BAD = [
    ("mlp", {"norm": "btach"}, "'btach'.*none, batch"),
    ("mlp", {"norm_position": "behind"}, "'behind'.*before, after"),
    ("mlp", {"dropout": 1.0}, "1.0"),
    ("mlp", {"initializer_scale": -1}, "-1"),
    ("mlp", {"initializer_scale": 0}, "positive and finite. Received: 0"),
    ("mlp", {"kernel_initializer": "orthogonal"}, "variance-scaling"),
    ("mlp", {"depth": -1}, "depth=-1"),
    ("cnn", {"depth": 4}, "at least 16 pixels.*smaller depth"),
    ("cnn", {"width": 0}, "width=0"),
    ("cnn", {"growth": 0}, "growth=0"),
    ("cnn", {"dense_units": -1}, "dense_units=-1"),
    ("cnn", {"kernel_size": (3, 3, 3)}, "depth=2"),
    ("cnn", {"downsampling": "max"}, "'max'.*pool, stride"),
]


@pytest.mark.parametrize(("name", "knobs", "message"), BAD)
def test_bad_knobs_are_refused(name, knobs, message):
    with pytest.raises(ValueError, match=message):
        build(name, **knobs)


@pytest.mark.parametrize(
    ("shape", "classes", "message"),
    [((64,), 10, r"\(64,\)"), (SHAPE, 0, "at least 1.*0")],
)
def test_bad_shapes_are_refused(shape, classes, message):
    with pytest.raises(ValueError, match=message):
        zoo.cnn(shape, classes)
