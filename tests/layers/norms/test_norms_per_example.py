"""Norms of single examples, and what stands for them, against NumPy."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from normzoo import layers

from ..reference import normalize


def group(x, groups, gamma, beta, epsilon):
    """Channels last."""
    n, channels = x.shape[0], x.shape[-1]
    parts = x.reshape(n, -1, groups, channels // groups)
    normal = normalize(parts, (1, 3), epsilon, gamma=1, beta=0)
    return normal.reshape(x.shape) * gamma + beta


def rms(x, gamma, epsilon):
    square = np.mean(x**2, -1, keepdims=True)
    return x / np.sqrt(square + epsilon) * gamma


def filter_response(x, gamma, beta, tau, epsilon):
    positions = tuple(range(1, x.ndim - 1))
    square = np.mean(x**2, positions, keepdims=True) if positions else x**2
    return np.maximum(x / np.sqrt(square + abs(epsilon)) * gamma + beta, tau)


def evonorm_s0(x, groups, v, gamma, beta, epsilon):
    """Channels last."""
    n, channels = x.shape[0], x.shape[-1]
    parts = x.reshape(n, -1, groups, channels // groups)
    variance = parts.var((1, 3), keepdims=True) + 0 * parts
    gated = x * (1 + np.tanh(v * x / 2)) / 2
    return gated / np.sqrt(variance.reshape(x.shape) + epsilon) * gamma + beta


def scaled(x, scale, epsilon):
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return scale * x / np.maximum(length, epsilon)


REFERENCES = {
    "group": lambda layer, x, w: group(
        x, math.gcd(layer.groups, x.shape[-1]), *w, layer.epsilon
    ),
    "instance": lambda layer, x, w: group(x, x.shape[-1], *w, layer.epsilon),
    "rms": lambda layer, x, w: rms(x, *w, layer.epsilon),
    "filter_response": lambda layer, x, w: filter_response(
        x, *w, *([] if layer.learned_epsilon else [layer.epsilon])
    ),
    "evonorm_s0": lambda layer, x, w: evonorm_s0(
        x, math.gcd(layer.groups, x.shape[-1]), w[2], *w[:2], layer.epsilon
    ),
    "pixel": lambda layer, x, w: rms(x, 1, layer.epsilon),
    "scale": lambda layer, x, w: scaled(x, *w, layer.epsilon),
    "dynamic_tanh": lambda layer, x, w: w[0] * np.tanh(w[2] * x) + w[1],
    "dynamic_erf": lambda layer, x, w: (
        w[0] * np.vectorize(math.erf)(w[2] * x + w[3]) + w[1]
    ),
}
CASES = {
    "group": ("group", {}),
    "group_3": ("group", {"groups": 3, "epsilon": 0.1}),
    "group_1": ("group", {"groups": 1}),
    "instance": ("instance", {}),
    "rms": ("rms", {}),
    "filter_response": ("filter_response", {}),
    "learned_epsilon": (
        "filter_response",
        {"learned_epsilon": True, "epsilon": 0.1},
    ),
    "evonorm_s0": ("evonorm_s0", {}),
    "evonorm_s0_3": ("evonorm_s0", {"groups": 3, "epsilon": 0.1}),
    "pixel": ("pixel", {}),
    "scale": ("scale", {}),
    "dynamic_tanh": ("dynamic_tanh", {}),
    "dynamic_erf": ("dynamic_erf", {"initial_shift": -0.2}),
}


def make(case, shape, dtype="float64", seed=0, **kwargs):
    """A layer with random weights, and inputs."""
    rng = np.random.default_rng(seed)
    name, arguments = CASES[case]
    layer = layers.get(name, dtype=dtype, **(arguments | kwargs))()
    layer.build(shape)
    for weight in layer.trainable_weights:
        if weight.shape:
            weight.assign(rng.normal(0, 1, weight.shape))
    return layer, rng.normal(1, 2, shape)


def reference(layer, x, weights=None):
    if weights is None:
        weights = [w.numpy() for w in layer.trainable_weights]
    weights = [np.asarray(w, "float64") for w in weights]
    last = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    x = np.moveaxis(np.asarray(x, "float64"), last, -1)
    name = next(k for k, v in layers.NORMS.items() if is_made_by(layer, v))
    return np.moveaxis(REFERENCES[name](layer, x, weights), -1, last)


def is_made_by(layer, factory):
    return type(layer) is getattr(factory, "func", factory)


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_forward_equals_numpy(case, data):
    rank = data.draw(st.integers(3 if case == "instance" else 2, 5))
    sizes = st.integers(2, 6)
    shape = tuple(data.draw(st.lists(sizes, min_size=rank, max_size=rank)))
    axis = data.draw(st.integers(1, rank - 1)) - data.draw(
        st.sampled_from([0, rank])
    )
    dtype = data.draw(st.sampled_from(["float64", "float32"]))
    layer, x = make(case, shape, dtype, axis=axis)
    np.testing.assert_allclose(
        layer(x),
        reference(layer, x),
        rtol=0,
        atol=1e-12 if dtype == "float64" else 2e-4,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "shape", "jit"),
    [
        (case, shape, jit)
        for case in CASES
        for shape, jit in [
            ((3, 6), False),
            ((3, 4, 6), False),
            ((2, 3, 4, 6), False),
            ((2, 3, 4, 6), True),
        ]
        if (case, len(shape)) != ("instance", 2)  # which is not defined
    ],
    ids=str,
)
def test_gradients_equal_finite_differences(case, shape, jit):
    layer, x = make(case, shape)
    rng = np.random.default_rng(1)
    dy = rng.normal(size=shape)

    def gradients(x):
        weights = [w.value for w in layer.trainable_weights]
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return tape.gradient(y, [x, *weights], dy)

    run = tf.function(gradients, jit_compile=True) if jit else gradients
    actual = run(tf.constant(x))
    values = [x, *(w.numpy() for w in layer.trainable_weights)]
    for i, gradient in enumerate(actual):
        direction = rng.normal(size=values[i].shape)
        change = [0.0] * len(values)
        change[i] = 1e-6 * direction
        ahead, behind = (
            np.sum(dy * reference(layer, *split(values, change, sign)))
            for sign in (1, -1)
        )
        expected = (ahead - behind) / 2e-6
        np.testing.assert_allclose(
            np.sum(gradient * direction), expected, rtol=1e-5, atol=1e-7
        )


def split(values, change, sign):
    x, *weights = (
        value + sign * c for value, c in zip(values, change, strict=True)
    )
    return x, weights


@pytest.mark.parametrize("case", CASES)
def test_second_gradient(case):
    layer, x = make(case, (2, 3, 6))
    rng = np.random.default_rng(1)
    direction = rng.normal(size=x.shape)

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(layer(x) ** 3)
        return tape.gradient(y, x)

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        inner = gradient(x)
    actual = tape.gradient(inner, x, direction)
    ahead, behind = (gradient(x + s * 1e-6 * direction) for s in (1, -1))
    np.testing.assert_allclose(
        actual, (ahead - behind) / 2e-6, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_large_values_in_half_precision(case, policy):
    layer, x = make(case, (2, 4, 6), policy)
    x = (1e5 * x).astype("float32")
    y = layer(x)
    assert y.dtype == policy.removeprefix("mixed_")
    assert {w.dtype for w in layer.weights} <= {"float32"}
    np.testing.assert_allclose(
        tf.cast(y, "float32"), reference(layer, x), rtol=0.01, atol=0.02
    )


@pytest.mark.parametrize("case", ["group", "group_3", "instance"])
def test_large_mean(case):
    layer, x = make(case, (4, 30, 6), "float32")
    x = (1000 + 0.1 * x).astype("float32")
    np.testing.assert_allclose(layer(x), reference(layer, x), atol=0.05)


@pytest.mark.parametrize("case", CASES)
def test_unknown_sizes(case):
    layer, x = make(case, (3, 5, 6), "float32")
    call = tf.function(layer, input_signature=[tf.TensorSpec([None, None, 6])])
    np.testing.assert_allclose(
        call(tf.cast(x, "float32")), layer(x), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("case", CASES)
def test_examples_do_not_meet(case):
    layer, x = make(case, (4, 5, 6), "float32")
    x = x.astype("float32")
    np.testing.assert_allclose(layer(x)[:1], layer(x[:1]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("groups", [1, 2, 6, -1])
@pytest.mark.parametrize("axis", [1, -1])
def test_group_equals_keras(groups, axis):
    ours = layers.GroupNormalization(groups, axis=axis)
    theirs = keras.layers.GroupNormalization(groups, axis=axis)
    ours.build((2, 6, 5, 6))
    theirs.build((2, 6, 5, 6))
    theirs.set_weights([np.random.normal(size=6) for _ in range(2)])
    ours.set_weights(theirs.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 6))
    np.testing.assert_allclose(ours(x), theirs(x), atol=2e-5)
    assert ours.groups == groups


@pytest.mark.parametrize(
    ("groups", "channels", "used"), [(8, 12, 4), (8, 1, 1), (32, 48, 16)]
)
def test_groups_are_the_greatest_that_fit(groups, channels, used):
    x = np.random.default_rng(0).normal(size=(2, 5, channels))
    layer = layers.GroupNormalization(groups)
    expected = group(x, used, 1, 0, layer.epsilon)
    np.testing.assert_allclose(layer(x), expected, atol=2e-5)
    assert layer.get_config()["groups"] == groups


def test_instance_is_group_with_one_channel_each():
    x = np.random.default_rng(0).normal(size=(2, 5, 6))
    np.testing.assert_array_equal(
        layers.InstanceNormalization()(x), layers.GroupNormalization(-1)(x)
    )


@pytest.mark.parametrize("shape", [(2, 6), (2, 1, 6), (2, 1, 1, 6)])
def test_instance_refuses_one_position(shape):
    with pytest.raises(ValueError, match="every output would be beta"):
        layers.InstanceNormalization()(np.zeros(shape))


@pytest.mark.parametrize("axis", [[1, 2], (2, 1), [-1]])
def test_rms_over_several_axes(axis):
    layer = layers.RMSNormalization(axis=axis)
    x = np.random.default_rng(0).normal(size=(2, 5, 6))
    over = tuple(np.sort(np.array(axis) % 3))
    expected = x / np.sqrt(np.mean(x**2, over, keepdims=True) + 1e-6)
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)
    assert layer.axis == axis


def test_rms_equals_keras():
    x = np.random.default_rng(0).normal(size=(2, 5, 6))
    ours, theirs = layers.RMSNormalization(), keras.layers.RMSNormalization()
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-6)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]


def test_filter_response_parts():
    x = np.random.default_rng(0).normal(size=(2, 5, 6))
    layer = layers.FilterResponseNormalization(
        threshold=False, center=False, scale=False
    )
    expected = x / np.sqrt(np.mean(x**2, 1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)
    assert layer.weights == []


def test_learned_epsilon_keeps_dense_outputs_apart():
    x = np.array([[0.001, 0.01, 0.1]])
    layer = layers.FilterResponseNormalization(
        learned_epsilon=True, epsilon=1e-2, threshold=False
    )
    np.testing.assert_allclose(layer(x), x / np.sqrt(x**2 + 1e-2), rtol=1e-5)
    layer.epsilon_weight.assign(-1e-2)
    np.testing.assert_allclose(layer(x), x / np.sqrt(x**2 + 1e-2), rtol=1e-5)
    assert layer.epsilon == 1e-2


@pytest.mark.parametrize(
    "name",
    ["group", "instance", "filter_response", "evonorm_s0", "dynamic_tanh"],
)
@pytest.mark.parametrize("axis", [0, -3, 3])
def test_axis_of_the_batch_is_refused(name, axis):
    with pytest.raises(ValueError, match="axis of the channels"):
        layers.get(name)(axis=axis)(np.zeros((2, 3, 4)))


@pytest.mark.parametrize("name", ["group", "instance", "rms"])
def test_unknown_channels_are_refused(name):
    with pytest.raises(ValueError, match="must be known"):
        layers.get(name)()(keras.Input((3, None)))


def test_a_short_vector_is_not_made_long():
    layer = layers.ScaleNormalization(epsilon=2.0)
    x = np.array([[0.0, 0.0], [0.0, 1.0], [3.0, 4.0]])
    root = math.sqrt(2)
    expected = x * root / np.array([[2.0], [2.0], [5.0]])
    np.testing.assert_allclose(layer(x), expected, rtol=1e-6)


def test_pixel_is_rms_without_a_weight():
    x = np.random.default_rng(0).normal(size=(2, 5, 6))
    ours = layers.PixelNormalization(epsilon=1e-6)
    np.testing.assert_array_equal(ours(x), layers.RMSNormalization()(x))
    assert ours.weights == []


@pytest.mark.parametrize("case", CASES)
def test_saved_and_loaded(case, tmp_path):
    layer, x = make(case, (2, 5, 6), "float32")
    model = keras.Sequential([keras.Input((5, 6)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
    assert loaded.layers[0].get_config() == layer.get_config()
