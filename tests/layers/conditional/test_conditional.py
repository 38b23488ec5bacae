"""Norms with a condition's scale and shift: values, and what is refused."""

import inspect

import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers

from .conditioned import (
    ARGUMENTS,
    RNG,
    SOURCES,
    X,
    each_norm,
    each_source,
    make,
    perturbed,
)


@pytest.mark.quick(
    "True-batch-class",
    "False-batch-class",
    "True-layer-vector",
    "True-rms-spatial",
    "True-none-vector",
    "True-evonorm_b0-class",
)
@each_source
@each_norm
@pytest.mark.parametrize("training", [True, False])
def test_at_first_it_is_the_plain_norm(norm, source, training):
    layer, condition = make(norm, source)
    plain = layers.get(norm, **ARGUMENTS.get(norm, {}))()
    takes = "training" in inspect.signature(plain.call).parameters
    expected = plain(X, **({"training": training} if takes else {}))
    y = layer(X, condition=condition, training=training)
    np.testing.assert_allclose(y, expected, 1e-5, 1e-5)
    # What learns, learns from the first step on.
    with tf.GradientTape() as tape:
        y = layer(X, condition=condition, training=training)
        loss = tf.reduce_sum(tf.sin(y))
    last = [w for w in layer.source.trainable_weights if "shared" not in w.path]
    for gradient in tape.gradient(loss, [w.value for w in last]):
        assert np.abs(gradient).max() > 0


def test_scales_and_shifts_are_the_conditions():
    """Each source against NumPy."""
    normal = (X - X.mean(-1, keepdims=True)) / np.sqrt(
        X.var(-1, keepdims=True) + 1e-3
    )
    for source in SOURCES:
        layer, condition = make("layer", source)
        perturbed(layer, condition)
        by_name = {w.path.split("/")[-1]: w.numpy() for w in layer.weights}
        if source == "class":
            gamma, beta = (by_name[k][condition] for k in ("gamma", "beta"))
        elif source == "vector":
            both = condition @ by_name["kernel"] + by_name["bias"]
            gamma, beta = 1 + both[:, :8], both[:, 8:]
        else:
            gamma, beta = spatial(layer.source, condition)
        if gamma.ndim == 2:
            gamma, beta = (v[:, None, None] for v in (gamma, beta))
        y = layer(X, condition=condition)
        np.testing.assert_allclose(y, gamma * normal + beta, 1e-4, 1e-4)


def spatial(source, condition):
    rows, columns = np.arange(6) // 2, np.arange(6) // 3  # nearest of (3, 2)
    x = condition[:, rows][:, :, columns]
    for i, conv in enumerate((source.shared, source.modulation)):
        padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        kernel = conv.kernel.numpy()
        x = conv.bias.numpy() + sum(
            padded[:, a : a + 6, b : b + 6] @ kernel[a, b]
            for a in range(3)
            for b in range(3)
        )
        x = np.maximum(x, 0) if i == 0 else x
    return 1 + x[..., :8], x[..., 8:]


def test_other_layouts():
    condition = np.array([1, 2], "int32")
    for shape, norm in [
        ((2, 5), layers.LayerNormalization()),
        ((2, 7, 5), layers.LayerNormalization()),
        ((2, 5, 4, 4), layers.BatchNormalization(axis=1)),
        ((2, 4, 4, 5), layers.LayerNormalization(axis=[1, 2, 3])),
    ]:
        channels = 5
        layer = layers.Conditional(norm, layers.ClassCondition(3))
        layer.build(shape, (2,))
        layer.source.gamma.assign(RNG.normal(size=(3, channels)))
        x = RNG.normal(size=shape).astype("float32")
        y = layer(x, condition=condition, training=False)
        kwargs = {"axis": norm.axis, "center": False, "scale": False}
        plain = type(norm)(**kwargs)(x)
        axis = norm.axis if isinstance(norm.axis, int) else -1
        sizes = [2, *[1] * (len(shape) - 1)]
        sizes[axis] = channels
        gamma = layer.source.gamma.numpy()[condition].reshape(sizes)
        np.testing.assert_allclose(y, gamma * plain, 1e-5, 1e-5)
    column = layer(x, condition=condition[:, None])
    np.testing.assert_array_equal(column, y)


BATCH = layers.BatchNormalization
BUILT = BATCH()
BUILT.build((2, 3))
WRONG = {
    "no layer": ("batch", layers.ClassCondition(3), TypeError, "is a layer"),
    "used": (BUILT, layers.ClassCondition(3), ValueError, "a new one"),
    "threshold": (
        layers.FilterResponseNormalization(),
        layers.ClassCondition(3),
        ValueError,
        "threshold=False",
    ),
    "no source": (BATCH(), 10, TypeError, "ClassCondition.*Received: 10"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_it_cannot_be_made_of(case):
    norm, source, error, message = WRONG[case]
    with pytest.raises(error, match=message):
        layers.Conditional(norm, source)


@pytest.mark.parametrize(
    ("source", "condition", "message"),
    [
        ("class", np.zeros((4, 5), "int32"), "Use VectorCondition"),
        ("class", np.zeros(4, "float32"), "Classes are integers"),
        ("vector", np.zeros((4, 2, 3), "float32"), r"\(batch, features\)"),
        ("spatial", np.zeros((4, 3), "float32"), "an image for each"),
    ],
)
def test_conditions_that_do_not_fit(source, condition, message):
    layer, _ = make("batch", source)
    with pytest.raises(ValueError, match=message):
        layer(X, condition=condition)


def test_a_map_is_for_images():
    layer, condition = make("layer", "spatial")
    with pytest.raises(ValueError, match="inputs of rank 2"):
        layer(X[:, 0, 0], condition=condition)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.ClassCondition(0), "classes=0"),
        (lambda: layers.SpatialCondition(hidden=-1), "hidden=-1"),
        (lambda: layers.SpatialCondition(method="area"), "nearest, bilinear"),
    ],
)
def test_senseless_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
