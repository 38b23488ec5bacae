"""The peak memory of a layer's forward and backward pass."""

import keras
import tensorflow as tf

from ... import layers
from . import memory
from .report import goal

SHAPE = (64, 56, 56, 128)


def goal_of_layer_norm(shape=SHAPE):
    """Returns the row that compares layer norm's memory with Keras'."""
    ours = peak(layers.LayerNormalization, shape)
    theirs = peak(keras.layers.LayerNormalization, shape)
    return goal("layer / Keras layer, peak memory", ours / theirs, 1.0)


def peak(make_layer, shape, **kwargs):
    """Returns the bytes that forward and backward take besides the inputs.

    Args:
        make_layer: a layer's class, or a partial call of one.
        shape: of the inputs.
        **kwargs: arguments of the layer's call.
    """
    return memory.in_own_process(_measure, make_layer, shape, kwargs)


def _measure(make_layer, shape, kwargs):
    layer = make_layer()
    layer.build(shape)

    @tf.function(autograph=False)
    def step(x, dy):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, **kwargs)
        weights = [weight.value for weight in layer.trainable_weights]
        return tape.gradient(y, [x, *weights], dy)

    x = tf.random.normal(shape)
    dy = tf.random.normal(layer.compute_output_shape(shape))
    # Everything that is loaded once is loaded here.
    step(x[:1], dy[:1])
    before = memory.peak()
    step(x, dy)
    return max(memory.peak() - before, 1)
