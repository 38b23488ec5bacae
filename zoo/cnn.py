"""The convolutional network."""

import functools

import keras

from .hidden import Hidden


def cnn(
    input_shape,
    num_classes,
    *,
    depth=2,
    width=32,
    dense_units=256,
    normalize_inputs=False,
    name="cnn",
    **knobs,
):
    """Returns a convolutional network that classifies images.

    `depth` stages of 3x3 convolution, norm, activation and 2x2 average
    pooling, each twice as wide as the one before; then Dense, norm,
    activation, dropout, then Dense logits. Instance and filter response norm
    stand behind the convolutions only, they need positions. With its defaults
    it is the MNIST example of Flax.

    Args:
        input_shape: `(height, width, channels)` of one image.
        num_classes: number of logits.
        depth: number of stages; each halves the image.
        width: filters of the first stage.
        dense_units: units of the dense layer behind the stages.
        normalize_inputs: whether a norm stands in front of the first stage.
        name: of the model.
        **knobs: `norm`, `norm_position`, `activation`, `dropout`,
            `kernel_initializer`, `initializer_scale`, `seed`: see
            `normzoo.zoo.Hidden`.

    Returns:
        A functional `keras.Model` from `(batch, height, width, channels)` to
        float32 logits `(batch, num_classes)`.

    Raises:
        ValueError: a knob is out of its range, or the image is too small.

    Example:

    >>> from normzoo import zoo
    >>> zoo.cnn((28, 28, 1), 10, norm="group").output_shape
    (None, 10)
    """
    _check(input_shape, depth, width, dense_units)
    hidden = Hidden(**knobs)
    inputs = x = keras.Input(input_shape, name="inputs")
    if normalize_inputs:
        x = hidden.norm_layer("norm_inputs")(x)
    for i in range(depth):
        conv = functools.partial(
            keras.layers.Conv2D, width * 2**i, 3, padding="same"
        )
        x = hidden.apply(conv, x, f"conv_{i}")
        x = keras.layers.AveragePooling2D(2, name=f"pool_{i}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    dense = functools.partial(keras.layers.Dense, dense_units)
    x = hidden.for_vectors().apply(dense, x, "dense")
    x = hidden.drop(x, "dense")
    return keras.Model(inputs, hidden.logits(x, num_classes), name=name)


def _check(input_shape, depth, width, dense_units):
    if len(input_shape) != 3:
        raise ValueError(
            "A CNN takes images of shape (height, width, channels). Received: "
            f"input_shape={tuple(input_shape)}."
        )
    if depth < 1 or width < 1 or dense_units < 1:
        raise ValueError(
            "depth, width and dense_units must be at least 1. Received: "
            f"depth={depth}, width={width}, dense_units={dense_units}."
        )
    if min(input_shape[:2]) < 2**depth:
        raise ValueError(
            f"{depth} stages halve the image {depth} times and need at least "
            f"{2**depth} pixels a side. Received: input_shape="
            f"{tuple(input_shape)}. Use a smaller depth."
        )
