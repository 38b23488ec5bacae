"""The deep convolutional GAN's generator and discriminator."""

import functools

import keras

from ..layers.numerics.annotations import NormIdentifier, WeightNormIdentifier
from .gan_layers import check_sizes, normal_layers, stages
from .labels import discriminator, inputs_with, labels_of, told


def dcgan_generator(
    resolution: int,
    channels: int = 1,
    *,
    base_width: int = 64,
    latent_dim: int = 100,
    norm: NormIdentifier = "batch",
    weight_norm: WeightNormIdentifier = "none",
    kernel_size: int = 4,
    stddev: float = 0.02,
    seed: int = 0,
    classes: int = 0,
    condition: str = "norm",
    name: str = "generator",
) -> keras.Model:
    """Returns a network that generates images from noise.

    A Dense layer makes the smallest image. Transposed convolutions follow, each
    of which doubles the image size and halves the number of channels. Each is
    followed by norm and ReLU, except for the last one, which is followed by
    tanh.

    Args:
        resolution: pixels per side, 8 to 128; it determines the number of
            stages.
        channels: number of channels of the images.
        base_width: channels before the last layer.
        latent_dim: size of the noise vector of an image.
        norm: what `normzoo.layers.get` takes. Batch norm has momentum 0.9;
            epsilon is 1e-5 in all norms.
        weight_norm: what `normzoo.layers.get_weight_norm` takes, for the
            kernels.
        kernel_size: kernel size of the transposed convolutions.
        stddev: standard deviation of the normally distributed initial kernels.
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
    >>> zoo.dcgan_generator(28, norm="virtual", base_width=16).output_shape
    (None, 28, 28, 1)

    Reference: [Radford et al., 2016](https://arxiv.org/abs/1511.06434).
    """
    count, side = stages(resolution)
    check_sizes(channels=channels, base_width=base_width, latent_dim=latent_dim)
    hidden = normal_layers(norm, weight_norm, keras.layers.ReLU(), stddev, seed)
    up = functools.partial(
        keras.layers.Conv2DTranspose,
        kernel_size=kernel_size,
        strides=2,
        padding="same",
    )
    width = base_width * 2 ** (count - 1)
    labels = labels_of(classes)
    inputs = keras.Input((latent_dim,), name="noise")
    dense = functools.partial(keras.layers.Dense, side * side * width)
    smallest = (side, side, width)
    x, tell = told(inputs, labels, condition)
    x = hidden.apply(dense, x, "project", smallest, tell)
    for i in range(1, count):
        layer = functools.partial(up, filters=width >> i)
        x = hidden.apply(layer, x, f"up_{i}", labels=tell)
    x = hidden.linear(up, "images", last=True, filters=channels)(x)
    x = keras.layers.Activation("tanh", dtype="float32", name="tanh")(x)
    return keras.Model(inputs_with(inputs, labels), x, name=name)


def dcgan_discriminator(
    resolution: int,
    channels: int = 1,
    *,
    base_width: int = 64,
    norm: NormIdentifier = "batch",
    weight_norm: WeightNormIdentifier = "none",
    kernel_size: int = 4,
    stddev: float = 0.02,
    seed: int = 0,
    classes: int = 0,
    condition: str = "projection",
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network that tells real images from generated ones.

    Each convolution halves the image size and doubles the number of channels,
    and is followed by norm and LeakyReLU with slope 0.2; the first one has no
    norm. A Dense layer follows.

    Args:
        resolution: pixels per side, 8 to 128; it determines the number of
            stages.
        channels: number of channels of the images.
        base_width: channels after the first layer.
        norm: what `normzoo.layers.get` takes. Batch norm has momentum 0.9;
            epsilon is 1e-5 in all norms.
        weight_norm: what `normzoo.layers.get_weight_norm` takes, for the
            kernels.
        kernel_size: kernel size of the convolutions.
        stddev: standard deviation of the normally distributed initial kernels.
        seed: integer; equal seeds give equal kernels, whatever the norm.
        classes: number of classes that the network is told; 0: none. Then it
            is a projection discriminator: the inner product of what the last
            layer sees with an embedding of the class is added to the logits.
        condition: how it judges the class: `"projection"`, see `classes`; or
            `"auxiliary"`: a second Dense layer classifies what the last layer
            sees, and the log-probability of the class is a second column.
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
    >>> zoo.dcgan_discriminator(28, norm="layer", base_width=16).output_shape
    (None, 1)

    Reference: [Radford et al., 2016](https://arxiv.org/abs/1511.06434),
    [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637),
    [Odena et al., 2017](https://arxiv.org/abs/1610.09585).
    """
    count, _ = stages(resolution)
    check_sizes(channels=channels, base_width=base_width)
    # Keras' own default slope is 0.3, that of the original 0.2.
    leaky_relu = keras.layers.LeakyReLU(negative_slope=0.2)
    hidden = normal_layers(norm, weight_norm, leaky_relu, stddev, seed)
    down = functools.partial(
        keras.layers.Conv2D, kernel_size=kernel_size, strides=2, padding="same"
    )
    inputs = keras.Input((resolution, resolution, channels), name="images")
    x = hidden.linear(down, "down_0", filters=base_width)(inputs)
    x = hidden.activate(x, "down_0")
    for i in range(1, count):
        layer = functools.partial(down, filters=base_width << i)
        x = hidden.apply(layer, x, f"down_{i}")
    x = keras.layers.Flatten(name="flatten")(x)
    logits = hidden.linear(
        keras.layers.Dense, "logits", last=True, units=1, dtype="float32"
    )(x)
    return discriminator(hidden, inputs, x, logits, classes, condition, name)
