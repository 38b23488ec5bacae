"""Grouped convolutions are Keras', with their gradients, in fewer loops."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.zoo import grouped_conv
from normzoo.zoo.grouped_conv import GroupedConv2D

RNG = np.random.default_rng(0)
CASES = {
    "groups": {"groups": 2},
    "one group": {"groups": 1},
    "no bias": {"groups": 4, "use_bias": False},
    "strides": {"groups": 2, "strides": 2},
    "dilation": {"groups": 2, "dilation_rate": 2, "activation": "relu"},
    "same": {"groups": 2, "padding": "same"},
    "channels first": {"groups": 2, "data_format": "channels_first"},
    "XLA": {"groups": 2},
    "depthwise": {"groups": 4, "strides": 2, "padding": "same"},
    "depthwise, XLA": {"groups": 4},
    "depthwise, uneven strides": {"groups": 4, "strides": (1, 2)},
    "depthwise, dilation": {"groups": 4, "dilation_rate": 2},
}


def layers(case):
    images = RNG.normal(size=(3, 4, 5, 4))
    ours, theirs = (
        layer(8, 2, dtype="float64", **case)
        for layer in (GroupedConv2D, keras.layers.Conv2D)
    )
    ours(images), theirs(images)
    weights = [RNG.normal(size=w.shape) for w in ours.get_weights()]
    for layer in (ours, theirs):
        layer.set_weights(weights)
    return ours, theirs, tf.constant(images)


def derivatives(layer, images):
    """Returns outputs, and gradients of what a gradient penalty would be."""
    values = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as outer:
        outer.watch(images)
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = layer(images)
            loss = tf.reduce_sum(outputs**3)
        penalty = tf.reduce_sum(tape.gradient(loss, images) ** 2)
    return [outputs, penalty, *outer.gradient(penalty, [images, *values])]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.quick("groups")
def test_it_is_keras_own(name):
    ours, theirs, images = layers(CASES[name])
    compiled = tf.function(
        lambda x: derivatives(ours, x), jit_compile="XLA" in name
    )
    expected = derivatives(theirs, images)
    for one, other in zip(compiled(images), expected, strict=True):
        size = np.abs(other).max() if other is not None else 0
        np.testing.assert_allclose(one, other, 0, 1e-10 * size)


def test_elsewhere_it_is_one_convolution(monkeypatch):
    monkeypatch.setattr(grouped_conv, "on_cpu", lambda: False)
    ours, theirs, images = layers(CASES["groups"])
    np.testing.assert_array_equal(ours(images), theirs(images))
    graph = tf.function(ours).get_concrete_function(images).graph
    assert not [op for op in graph.get_operations() if op.type == "Split"]


def test_on_a_cpu_nothing_is_compiled():
    ours, theirs, images = layers(CASES["groups"])

    def operations(layer):
        program = tf.function(lambda x: derivatives(layer, x))
        graph = program.get_concrete_function(images).graph
        return {op.type for op in graph.get_operations()}

    calls = {"PartitionedCall", "StatefulPartitionedCall"}
    assert operations(theirs) & calls, "Keras' layer is fast now"
    assert not operations(ours) & calls


@pytest.mark.parametrize("groups", [2, 4])
@pytest.mark.parametrize(
    "policy", ["float32", "mixed_bfloat16", "mixed_float16"]
)
def test_a_model_with_it_is_saved(policy, groups, tmp_path):
    model = keras.Sequential(
        [
            keras.Input((5, 5, 4)),
            GroupedConv2D(8, 3, groups=groups, dtype=policy),
            keras.layers.Flatten(),
        ]
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    images = RNG.normal(size=(2, 5, 5, 4)).astype("float32")
    assert loaded.layers[0].compute_dtype == policy.removeprefix("mixed_")
    np.testing.assert_array_equal(loaded(images), model(images))
