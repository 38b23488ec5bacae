"""A step of any layer, and what it is compared with."""

import numpy as np
import tensorflow as tf

from normzoo import layers


def step(layer, x, dy, kwargs):
    """Returns the outputs, the gradients and the weights after a call."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, **kwargs)
    sources = [x, *(weight.value for weight in layer.trainable_weights)]
    gradients = tape.gradient(y, sources, tf.cast(dy, y.dtype))
    idle = idle_weights(layer, kwargs.get("training"))
    for place, weight in enumerate(layer.trainable_weights, 1):
        if id(weight) in idle:
            assert gradients[place] is None
            gradients[place] = tf.zeros_like(sources[place])
    return [y, *gradients, *(tf.identity(w) for w in layer.weights)]


def idle_weights(layer, training):
    """Returns the ids of weights that are for training alone."""
    if training or not isinstance(layer, layers.SplitBatchNormalization):
        return ()
    return [id(w) for norm in layer.others for w in norm.trainable_weights]


def perturbed(layer, shape):
    """Builds the layer and gives all weights values of their own."""
    if not layer.built:
        layer.build(shape)
    rng = np.random.default_rng(2)
    layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    return layer


def check_compiled(case, **kwargs):
    """Compares steps of a case in a `tf.function` with eager ones.

    Args:
        case: of the layer, in all modes that make a difference.
        kwargs: of `tf.function`.
    """
    x, dy = tf.constant(case.inputs()), tf.constant(case.inputs(seed=3))
    modes = [case.call_kwargs(training) for training in case.modes()[::-1]]

    def run(layer, x, dy):
        return [value for kw in modes for value in step(layer, x, dy, kw)]

    expected = run(perturbed(case.make(), case.shape), x, dy)
    layer = perturbed(case.make(), case.shape)
    compiled = tf.function(
        lambda x, dy: run(layer, x, dy), autograph=False, **kwargs
    )
    assert_close(compiled(x, dy), expected, case.amplifies * 1e-5)


def assert_close(actual, expected, tolerance=1e-5):
    for a, b in zip(actual, expected, strict=True):
        a, b = (tf.cast(value, tf.float64).numpy() for value in (a, b))
        scale = max(1.0, np.abs(b).max(initial=0.0))
        np.testing.assert_allclose(a / scale, b / scale, 0, tolerance)
