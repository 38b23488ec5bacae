"""The convolutional network."""

import functools
from collections.abc import Sequence
from typing import Any

import keras

from .hidden import Hidden

#: Number of axes with positions -> the layers that work along them.
_CONVOLUTIONS = {1: keras.layers.Conv1D, 2: keras.layers.Conv2D}
_POOLINGS = {1: keras.layers.AveragePooling1D, 2: keras.layers.AveragePooling2D}
DOWNSAMPLINGS = ("pool", "stride")


def cnn(
    input_shape: tuple[int | None, ...],
    num_classes: int,
    *,
    depth: int = 2,
    width: int = 32,
    growth: int = 2,
    kernel_size: int | Sequence[int] = 3,
    downsampling: str = "pool",
    dense_units: int = 256,
    normalize_inputs: bool = False,
    name: str = "cnn",
    **knobs: Any,
) -> keras.Model:
    """Returns a convolutional network that classifies images or sequences.

    It has `depth` stages of convolution, norm, activation and average pooling,
    each with twice as many channels and half the size of the one before; then
    Dense, norm, activation and dropout; then Dense logits. Instance norm and
    filter response norm need positions, so they are used only in the stages.
    With its defaults, this is the MNIST example of Flax.

    Args:
        input_shape: `(height, width, channels)` of one image, or
            `(steps, channels)` of one sequence.
        num_classes: number of logits, or of targets in a regression.
        depth: number of stages; each halves the image or sequence.
        width: filters of the first stage.
        growth: factor by which the width grows from one stage to the next.
        kernel_size: size of the kernels, or a sequence with one size for each
            stage.
        downsampling: `"pool"` if stages halve the size by average pooling,
            `"stride"` if by the stride of their convolution.
        dense_units: units of the dense layer after the stages; 0 leaves it
            out.
        normalize_inputs: whether there is also a norm before the first stage.
        name: name of the model.
        **knobs: `norm`, `norm_arguments`, `norm_position`, `weight_norm`,
            `norm_noise`, `activation`, `dropout`, `kernel_initializer`,
            `initializer_scale`, `seed`: see `normzoo.zoo.Hidden`.

    Returns:
        A functional `keras.Model` from `(batch, *input_shape)` to float32
        logits `(batch, num_classes)`.

    Raises:
        ValueError: an option is out of its range, or the input is too small.

    Example:

    >>> from normzoo import zoo
    >>> zoo.cnn((28, 28, 1), 10, norm="group").output_shape
    (None, 10)
    """
    _check(input_shape, depth, width, growth, dense_units, downsampling)
    sizes = _kernel_sizes(kernel_size, depth)
    hidden = Hidden(**knobs)
    inputs = x = keras.Input(input_shape, name="inputs")
    if normalize_inputs:
        x = hidden.norm_layer("norm_inputs")(x)
    for i, size in enumerate(sizes):
        x = _stage(hidden, x, i, width * growth**i, size, downsampling)
    x = keras.layers.Flatten(name="flatten")(x)
    if dense_units:
        dense = functools.partial(keras.layers.Dense, dense_units)
        x = hidden.for_vectors().apply(dense, x, "dense")
        x = hidden.drop(x, "dense")
    return keras.Model(inputs, hidden.logits(x, num_classes), name=name)


def _stage(hidden, x, i, filters, kernel_size, downsampling):
    axes = len(x.shape) - 2
    conv = functools.partial(
        _CONVOLUTIONS[axes],
        filters,
        kernel_size,
        strides=2 if downsampling == "stride" else 1,
        padding="same",
    )
    x = hidden.apply(conv, x, f"conv_{i}")
    if downsampling == "stride":
        return x
    return _POOLINGS[axes](2, name=f"pool_{i}")(x)


def _kernel_sizes(kernel_size, depth):
    if isinstance(kernel_size, int):
        return (kernel_size,) * depth
    if len(kernel_size) != depth:
        raise ValueError(
            "kernel_size is one integer, or one for each stage. Received: "
            f"kernel_size={tuple(kernel_size)}, depth={depth}."
        )
    return kernel_size


def _check(input_shape, depth, width, growth, dense_units, downsampling):
    if len(input_shape) not in (2, 3):
        raise ValueError(
            "A CNN takes images of shape (height, width, channels) or "
            "sequences of shape (steps, channels). Received: "
            f"input_shape={tuple(input_shape)}."
        )
    if min(depth, width, growth) < 1 or dense_units < 0:
        raise ValueError(
            "depth, width and growth must be at least 1, and dense_units at "
            f"least 0. Received: depth={depth}, width={width}, "
            f"growth={growth}, dense_units={dense_units}."
        )
    if downsampling not in DOWNSAMPLINGS:
        raise ValueError(
            f"Unknown downsampling. Received: {downsampling!r}. Expected one "
            f"of: {', '.join(DOWNSAMPLINGS)}."
        )
    if min(input_shape[:-1]) < 2**depth:
        raise ValueError(
            f"{depth} stages halve the input {depth} times and need at least "
            f"{2**depth} pixels per side, or steps. Received: "
            f"input_shape={tuple(input_shape)}. Use a smaller depth."
        )
