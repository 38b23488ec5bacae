"""The residual networks of SNGAN, for images of about 32 pixels a side."""

import dataclasses
import functools

import keras

from ..layers.numerics.annotations import NormIdentifier, WeightNormIdentifier
from .gan_layers import check_sizes, hidden_layers, stages
from .labels import discriminator, inputs_with, labels_of, told

_UP = functools.partial(keras.layers.UpSampling2D, 2)
_DOWN = functools.partial(keras.layers.AveragePooling2D, 2)


def sngan_generator(
    resolution: int,
    channels: int = 1,
    *,
    base_width: int = 256,
    latent_dim: int = 128,
    norm: NormIdentifier = "batch",
    weight_norm: WeightNormIdentifier = "none",
    seed: int = 0,
    classes: int = 0,
    condition: str = "norm",
    name: str = "generator",
) -> keras.Model:
    """Returns a residual network that generates images from noise.

    A Dense layer makes the smallest image, with 4 pixels per side if the
    resolution is a power of two from 32 on. Each block doubles the image size:
    to a 1x1 convolution it adds twice norm, ReLU and 3x3 convolution. Norm,
    ReLU, a 3x3 convolution and tanh follow.

    Args:
        resolution: pixels per side, 8 to 128; it determines the number of
            blocks: 3 for the original's 32.
        channels: number of channels of the images.
        base_width: channels of all layers but the last.
        latent_dim: size of the noise vector of an image.
        norm: what `normzoo.layers.get` takes. Batch norm has momentum 0.9;
            epsilon is 1e-5 in all norms.
        weight_norm: what `normzoo.layers.get_weight_norm` takes, for the
            kernels.
        seed: integer; equal seeds give equal kernels, whatever the norm.
        classes: number of classes that the network is told; 0: none. Each norm
            then is a `normzoo.layers.Conditional` with a scale and a shift for
            each class, `"none"` among them.
        condition: `"norm"`; or `"input"`: the class, one-hot, is then an input
            of the first layer beside the noise, and norms are the plain ones.
        name: name of the model.

    Returns:
        A functional `keras.Model` from `(batch, latent_dim)` to float32
        `(batch, resolution, resolution, channels)` in [-1, 1]; with classes
        from a list of noise and labels, integers `(batch,)`.

    Raises:
        ValueError: the network cannot make that resolution, a size is not
            positive, or the condition is unknown.

    Example:

    >>> from normzoo import zoo
    >>> zoo.sngan_generator(28, base_width=8).output_shape
    (None, 28, 28, 1)

    Reference: [Miyato et al., 2018](https://arxiv.org/abs/1802.05957).
    """
    count, side = stages(resolution)
    check_sizes(channels=channels, base_width=base_width, latent_dim=latent_dim)
    hidden = _hidden(norm, weight_norm, seed)
    labels = labels_of(classes)
    inputs = keras.Input((latent_dim,), name="noise")
    x, tell = told(inputs, labels, condition)
    units = side * side * base_width
    x = hidden.linear(keras.layers.Dense, "project", units=units)(x)
    x = keras.layers.Reshape((side, side, base_width), name="reshape")(x)
    for i in range(count):
        y = hidden.normalize_and_activate(x, f"up_{i}_0", tell)
        y = _UP(name=f"up_{i}_0_resize")(y)
        y = _convolutions(hidden, y, f"up_{i}", base_width, tell)
        x = _shortcut(hidden, x, f"up_{i}", base_width)
        x = _UP(name=f"up_{i}_shortcut_resize")(x)
        x = keras.layers.Add(name=f"up_{i}")([x, y])
    x = hidden.normalize_and_activate(x, "images", tell)
    last = _convolution(channels, 3)
    x = hidden.linear(last, "images", last=True)(x)
    x = keras.layers.Activation("tanh", dtype="float32", name="tanh")(x)
    return keras.Model(inputs_with(inputs, labels), x, name=name)


def sngan_discriminator(
    resolution: int,
    channels: int = 1,
    *,
    base_width: int = 128,
    norm: NormIdentifier = "none",
    weight_norm: WeightNormIdentifier = "spectral",
    seed: int = 0,
    classes: int = 0,
    condition: str = "projection",
    name: str = "discriminator",
) -> keras.Model:
    """Returns a residual network that tells real images from generated ones.

    A block adds convolutions to its input: twice norm, ReLU and 3x3
    convolution; the first block begins with the convolution. Blocks that halve
    the image size, one fewer than the generator has but at least two, have a
    1x1 convolution of the input instead; two blocks that keep the size follow
    them. Norm, ReLU, the sum over all positions and a Dense layer come last.

    Args:
        resolution: pixels per side, 8 to 128; it determines the number of
            blocks: 4 for the original's 32.
        channels: number of channels of the images.
        base_width: channels of all layers.
        norm: what `normzoo.layers.get` takes; the original has none. Batch norm
            has momentum 0.9; epsilon is 1e-5 in all norms.
        weight_norm: what `normzoo.layers.get_weight_norm` takes, for the
            kernels.
        seed: integer; equal seeds give equal kernels, whatever the norm.
        classes, condition: as of `dcgan_discriminator`.
        name: name of the model.

    Returns:
        A functional `keras.Model` from `(batch, resolution, resolution,
        channels)` to float32 logits `(batch, 1)`, high for real images; with
        classes from a list of images and labels, integers `(batch,)`, and for
        `"auxiliary"` to `(batch, 2)`.

    Raises:
        ValueError: the network cannot take that resolution, a size is not
            positive, or the condition is unknown.

    Example:

    >>> from normzoo import zoo
    >>> zoo.sngan_discriminator(28, base_width=8).output_shape
    (None, 1)

    Reference: [Miyato et al., 2018](https://arxiv.org/abs/1802.05957),
    [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637),
    [Odena et al., 2017](https://arxiv.org/abs/1610.09585).
    """
    count, _ = stages(resolution)
    check_sizes(channels=channels, base_width=base_width)
    hidden = _hidden(norm, weight_norm, seed)
    halvings = max(2, count - 1)
    inputs = x = keras.Input((resolution, resolution, channels), name="images")
    for i in range(halvings + 2):
        name_of = f"down_{i}" if i < halvings else f"same_{i}"
        x = _judging_block(hidden, x, name_of, base_width, first=i == 0)
    x = hidden.normalize_and_activate(x, "logits")
    pool = keras.layers.GlobalAveragePooling2D(name="pool", dtype="float32")
    positions = x.shape[1] * x.shape[2]
    x = keras.layers.Rescaling(positions, name="sum", dtype="float32")(pool(x))
    dense = functools.partial(
        keras.layers.Dense, 1, use_bias=False, dtype="float32"
    )
    logits = hidden.linear(dense, "logits", last=True)(x)
    return discriminator(hidden, inputs, x, logits, classes, condition, name)


def _judging_block(hidden, x, name, width, first):
    y = x if first else hidden.normalize_and_activate(x, f"{name}_0")
    y = _convolutions(hidden, y, name, width)
    if name.startswith("down"):
        y = _DOWN(name=f"{name}_1_resize")(y)
        x = _DOWN(name=f"{name}_shortcut_resize")(x)
        x = _shortcut(hidden, x, name, width)
    return keras.layers.Add(name=name)([x, y])


def _hidden(norm, weight_norm, seed):
    return hidden_layers(
        norm,
        weight_norm=weight_norm,
        kernel_initializer="glorot_uniform",
        seed=seed,
    )


def _convolutions(hidden, x, name, width, labels=None):
    """Returns convolution, norm, ReLU, convolution of `x`."""
    # As in the authors' code; other layers have no gain.
    wide = dataclasses.replace(hidden, initializer_scale=2**0.5)
    layer = _convolution(width, 3)
    x = wide.linear(layer, f"{name}_0", use_bias=hidden.needs_bias)(x)
    x = hidden.normalize_and_activate(x, f"{name}_1", labels)
    return wide.linear(layer, f"{name}_1")(x)


def _shortcut(hidden, x, name, width):
    shortcut = _convolution(width, 1)
    return hidden.linear(shortcut, f"{name}_shortcut", fan_in=x.shape[-1])(x)


def _convolution(filters, size):
    return functools.partial(keras.layers.Conv2D, filters, size, padding="same")
