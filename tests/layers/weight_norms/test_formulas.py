"""The norms of kernels against their formulas in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers

L = keras.layers


#: 1 / sqrt of the variance of relu(z).
RELU_GAIN = np.sqrt(2 / (1 - 1 / np.pi))


def spectral(w, state):
    """Returns W / sigma and its gradient, given the variable u."""
    v = w @ state["u"]
    v /= np.linalg.norm(v)
    u = v @ w
    u /= np.linalg.norm(u)
    sigma = v @ w @ u

    def gradient(dy):
        return dy / sigma - (dy * w).sum() / sigma**2 * np.outer(v, u)

    return w / sigma, gradient


def weight(w, state):
    length = np.sqrt((w**2).sum(0))
    unit = w / length

    def gradient(dy):
        along = (dy * unit).sum(0)
        return state["g"] / length * (dy - unit * along)

    return state["g"] * unit, gradient


def standardization(w, state, epsilon=1e-5):
    del state
    centered = w - w.mean(0)
    deviation = np.sqrt((centered**2).mean(0) + epsilon)
    y = centered / deviation

    def gradient(dy):
        return (dy - dy.mean(0) - y * (dy * y).mean(0)) / deviation

    return y, gradient


def scaled(w, state):
    gain = RELU_GAIN * state["gain"] / np.sqrt(len(w))
    y, gradient = standardization(w, state, 0.0)
    return gain * y, lambda dy: gradient(gain * dy)


#: Name -> arguments, formula of a matrix whose columns are units.
FORMULAS = {
    "spectral": ({}, spectral),
    "weight": ({}, weight),
    "standardization": ({}, standardization),
    "scaled_standardization": ({"gamma": "relu"}, scaled),
}

#: Layer, its inputs, its kernel, and the axes that stand in front of those of
#: the units when the kernel is seen as a matrix.
KERNELS = {
    "dense": (lambda: L.Dense(4), (5, 6), "kernel", (0, 1)),
    "einsum-dense": (
        lambda: L.EinsumDense("...ab,bca->...ac", (4, 3)),
        (5, 4, 6),
        "kernel",
        (0, 1, 2),
    ),
    "conv1d": (lambda: L.Conv1D(4, 3), (5, 8, 6), "kernel", (0, 1, 2)),
    "conv2d": (lambda: L.Conv2D(4, 3), (2, 5, 5, 3), "kernel", (0, 1, 2, 3)),
    "conv3d": (
        lambda: L.Conv3D(4, 2),
        (2, 3, 3, 3, 2),
        "kernel",
        (0, 1, 2, 3, 4),
    ),
    "conv2d-groups": (
        lambda: L.Conv2D(4, 3, groups=2),
        (2, 5, 5, 6),
        "kernel",
        (0, 1, 2, 3),
    ),
    "conv1d-transposed": (
        lambda: L.Conv1DTranspose(4, 3),
        (2, 5, 6),
        "kernel",
        (0, 2, 1),
    ),
    "conv2d-transposed": (
        lambda: L.Conv2DTranspose(4, 3),
        (2, 5, 5, 6),
        "kernel",
        (0, 1, 3, 2),
    ),
    "conv3d-transposed": (
        lambda: L.Conv3DTranspose(4, 2),
        (2, 3, 3, 3, 2),
        "kernel",
        (0, 1, 2, 4, 3),
    ),
    "depthwise1d": (
        lambda: L.DepthwiseConv1D(3, depth_multiplier=2),
        (2, 5, 4),
        "kernel",
        (0, 1, 2),
    ),
    "depthwise2d": (
        lambda: L.DepthwiseConv2D(3),
        (2, 5, 5, 4),
        "kernel",
        (0, 1, 2, 3),
    ),
    "embedding": (lambda: L.Embedding(7, 4), (2, 3), "embeddings", (1, 0)),
    "lstm": (lambda: L.LSTM(4), (2, 3, 5), "recurrent_kernel", (0, 1)),
    "gru": (lambda: L.GRU(4), (2, 3, 5), "kernel", (0, 1)),
    "simple": (lambda: L.SimpleRNN(4), (2, 3, 5), "recurrent_kernel", (0, 1)),
    "ind-rnn": (lambda: layers.IndRNN(4), (2, 3, 5), "kernel", (0, 1)),
    "own-lstm": (
        lambda: layers.LayerNormLSTM(4),
        (2, 3, 5),
        "recurrent_kernel",
        (0, 1),
    ),
}
#: Kernel -> how many of the last axes in its order belong to units.
SEVERAL_UNITS = {"einsum-dense": 2, "depthwise1d": 2, "depthwise2d": 2}


def holder(layer):
    return getattr(layer, "cell", layer)


def built(name, norm, dtype="float64"):
    """Returns a wrapped layer with weights of its own, and inputs."""
    make, shape, kernel, _ = KERNELS[name]
    arguments, _ = FORMULAS[norm]
    inner = make()
    inner = type(inner).from_config({**inner.get_config(), "dtype": dtype})
    layer = layers.get_weight_norm(norm, **arguments)(inner)
    layer.build(shape)
    rng = np.random.default_rng(3)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    x = rng.normal(size=shape)
    if name == "embedding":
        x = np.arange(6).reshape(shape)
    return layer, x, kernel


#: Kernels of each shape once.
FEW = ("dense", "conv2d", "conv1d-transposed", "depthwise2d", "embedding")


@pytest.mark.quick(*(f"{norm}-{name}" for norm in FORMULAS for name in FEW))
@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("norm", FORMULAS)
def test_kernels_follow_the_formula(name, norm):
    layer, _, kernel = built(name, norm)
    variable = getattr(holder(layer.layer), kernel)
    _, formula = FORMULAS[norm]
    order = KERNELS[name][-1]
    moved = variable.numpy().transpose(order)
    units = SEVERAL_UNITS.get(name, 1)
    matrix = moved.reshape(-1, np.prod(moved.shape[-units:]))
    state = {
        n: getattr(layer, f"{kernel}_{n}").numpy().ravel() for n in layer.state
    }
    expected, gradient = formula(matrix, state)
    dy = np.random.default_rng(4).normal(size=matrix.shape)

    def back(matrix):
        return matrix.reshape(moved.shape).transpose(np.argsort(order))

    with tf.GradientTape() as tape:
        y = layer.normalized_kernels()[kernel]
        loss = tf.reduce_sum(y * back(dy))
    np.testing.assert_allclose(y, back(expected), 1e-10, 1e-10)
    slope = tape.gradient(loss, variable.value)
    np.testing.assert_allclose(slope, back(gradient(dy)), 1e-8, 1e-10)


@pytest.mark.quick(*(f"weight-{name}" for name in (*FEW, "lstm", "own-lstm")))
@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("norm", FORMULAS)
def test_outputs_are_those_of_a_plain_layer_with_these_kernels(name, norm):
    layer, x, _ = built(name, norm)
    plain = type(layer.layer).from_config(layer.layer.get_config())
    plain.build(x.shape)
    plain.set_weights(layer.layer.get_weights())
    for kernel, value in layer.normalized_kernels().items():
        getattr(holder(plain), kernel).assign(value)
    np.testing.assert_allclose(layer(x), plain(x), 1e-10, 1e-10)


def test_sigma_becomes_the_largest_singular_value():
    layer, x, _ = built("conv2d", "spectral")
    for _ in range(200):
        layer(x, training=True)
    matrix = layer.layer.kernel.numpy().reshape(-1, 4)
    found = layer.normalized_kernels()["kernel"].numpy().reshape(-1, 4)
    sigma = np.linalg.svd(matrix, compute_uv=False)[0]
    np.testing.assert_allclose(found, matrix / sigma, 1e-6)


def test_one_iteration_is_that_of_keras():
    kernel = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    u = np.random.default_rng(1).normal(size=4).astype("float32")
    ours = layers.SpectralNormalization(L.Dense(4))
    theirs = L.SpectralNormalization(L.Dense(4))
    x = np.random.default_rng(2).normal(size=(5, 6)).astype("float32")
    for layer in (ours, theirs):
        layer.build(x.shape)
        layer.layer.kernel.assign(kernel)
    ours.kernel_u.assign(u)
    theirs.vector_u.assign(u[None])
    np.testing.assert_allclose(
        ours(x, training=True), theirs(x, training=True), 1e-5
    )
    np.testing.assert_allclose(ours.kernel_u, theirs.vector_u[0], 1e-5)
    # It has forgotten how long the kernel was.
    np.testing.assert_array_equal(ours.layer.kernel, kernel)
    assert not np.allclose(theirs.layer.kernel, kernel)


@pytest.mark.parametrize("norm", ["spectral", "weight"])
def test_zeros_stay_zeros_and_can_be_left(norm):
    layer = layers.get_weight_norm(norm)(L.Dense(4, kernel_initializer="zeros"))
    x = tf.ones((2, 3))
    with tf.GradientTape() as tape:
        y = layer(x, training=True)
        loss = tf.reduce_sum(y)
    np.testing.assert_array_equal(y, np.zeros((2, 4)))
    gradients = tape.gradient(loss, [w.value for w in layer.trainable_weights])
    assert all(np.isfinite(g).all() for g in gradients)
    if norm == "spectral":
        assert np.asarray(gradients[0]).any()
        assert np.asarray(layer.kernel_u).any()


#: As in the code of the paper's authors.
GAINS = {
    "celu": 1.270926833152771,
    "elu": 1.2716004848480225,
    "gelu": 1.7015043497085571,
    "linear": 1.0,
    "relu": 1.7139588594436646,
    "relu6": 1.7131484746932983,
    "sigmoid": 4.803835391998291,
    "silu": 1.7881293296813965,
    "softplus": 1.9203323125839233,
    "softsign": 2.338853120803833,
    "tanh": 1.5939117670059204,
}


@pytest.mark.parametrize(("activation", "gain"), GAINS.items())
def test_gains_are_the_published_ones(activation, gain):
    # Those are of numbers drawn at random.
    assert layers.variance_gain(activation) == pytest.approx(gain, rel=3e-3)


def test_an_activation_may_be_a_layer():
    leaky = L.LeakyReLU(negative_slope=0.0)
    assert layers.variance_gain(leaky) == pytest.approx(RELU_GAIN, rel=1e-6)
