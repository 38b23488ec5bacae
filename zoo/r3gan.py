"""Networks in the manner of R3GAN, which need no norm."""

import functools

import keras

from ..layers.numerics.annotations import NormIdentifier, WeightNormIdentifier
from .gan_layers import check_sizes, stages
from .grouped_conv import GroupedConv2D
from .labels import discriminator, inputs_with, labels_of, told
from .r3gan_stage import Stage, plain_layers


def r3gan_generator(
    resolution: int,
    channels: int = 1,
    *,
    base_width: int = 64,
    latent_dim: int = 64,
    norm: NormIdentifier = "none",
    weight_norm: WeightNormIdentifier = "none",
    blocks: int = 2,
    expansion: int = 2,
    group_width: int = 16,
    seed: int = 0,
    classes: int = 0,
    condition: str = "norm",
    name: str = "generator",
) -> keras.Model:
    """Returns a residual network that generates images from noise.

    A Dense layer makes the smallest image. Stages of residual blocks follow,
    with bilinear upsampling between them, and a 1x1 convolution. A block adds
    to its input what a 1x1, a grouped 3x3 and a 1x1 convolution make of it;
    norm and LeakyReLU with slope 0.2 follow the first two.

    Each block's last kernel starts from zeros and the others smaller the more
    blocks there are, as in Fixup, so that the network trains without a norm. A
    weight norm needs directions: with one, the last kernels start like the
    others.

    The original has the same blocks and initial values, and in place of the
    Dense layer a learned image that is scaled for each channel.

    Args:
        resolution: pixels per side, 8 to 128; it determines the number of
            stages: 4 for 32.
        channels: number of channels of the images.
        base_width: channels between the blocks.
        latent_dim: size of the noise vector of an image.
        norm: what `normzoo.layers.get` takes; the original has none. Batch norm
            has momentum 0.9; epsilon is 1e-5 in all norms.
        weight_norm: what `normzoo.layers.get_weight_norm` takes, for the
            kernels.
        blocks: number of residual blocks in a stage.
        expansion: how many times `base_width` channels are inside of a block.
        group_width: channels of a group of the 3x3 convolutions; with fewer
            inside of a block, they are one group.
        seed: integer; equal seeds give equal kernels, whatever the norm.
        classes: number of classes that the network is told; 0: none.
        condition: where it is told them: `"norm"`, by a scale and a shift for
            each class behind each norm, `"none"` among them; or `"input"`, by
            the class, one-hot, beside the noise.
        name: name of the model.

    Returns:
        A functional `keras.Model` from `(batch, latent_dim)` to float32
        `(batch, resolution, resolution, channels)`, not bounded; with classes
        from a list of noise and labels, integers `(batch,)`.

    Raises:
        ValueError: the network cannot make that resolution, a size is not
            positive, the channels cannot be grouped, or the condition is
            unknown.

    Example:

    >>> from normzoo import zoo
    >>> zoo.r3gan_generator(28, base_width=8).output_shape
    (None, 28, 28, 1)

    References: [Huang et al., 2024](https://arxiv.org/abs/2501.05441),
    [Zhang et al., 2019](https://arxiv.org/abs/1901.09321) (Fixup).
    """
    count, side = stages(resolution)
    check_sizes(channels=channels, base_width=base_width, latent_dim=latent_dim)
    plain = plain_layers(norm, weight_norm, seed)
    stage = Stage(plain, base_width, blocks, expansion, group_width, count + 1)
    labels = labels_of(classes)
    inputs = keras.Input((latent_dim,), name="noise")
    x, tell = told(inputs, labels, condition)
    units = side * side * base_width
    x = plain.linear(keras.layers.Dense, "project", units=units)(x)
    x = keras.layers.Reshape((side, side, base_width), name="reshape")(x)
    x = stage(x, "stage_0", tell)
    for i in range(1, count + 1):
        x = keras.layers.UpSampling2D(
            2, interpolation="bilinear", name=f"up_{i}"
        )(x)
        x = stage(x, f"stage_{i}", tell)
    last = functools.partial(
        keras.layers.Conv2D, channels, 1, use_bias=False, dtype="float32"
    )
    images = plain.linear(last, "images", last=True)
    return keras.Model(inputs_with(inputs, labels), images(x), name=name)


def r3gan_discriminator(
    resolution: int,
    channels: int = 1,
    *,
    base_width: int = 64,
    norm: NormIdentifier = "none",
    weight_norm: WeightNormIdentifier = "none",
    blocks: int = 2,
    expansion: int = 2,
    group_width: int = 16,
    seed: int = 0,
    classes: int = 0,
    condition: str = "projection",
    name: str = "discriminator",
) -> keras.Model:
    """Returns a residual network that tells real images from generated ones.

    The mirror image of `r3gan_generator`: a 1x1 convolution, stages of its
    residual blocks with average pooling between them, a learned weighted mean
    of each channel over all positions, and a Dense layer.

    Args:
        resolution: pixels per side, 8 to 128; it determines the number of
            stages: 4 for 32.
        channels: number of channels of the images.
        base_width, norm, weight_norm, blocks, expansion, group_width: as of
            `r3gan_generator`.
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
            positive, the channels cannot be grouped, or the condition is
            unknown.

    Example:

    >>> from normzoo import zoo
    >>> zoo.r3gan_discriminator(28, base_width=8).output_shape
    (None, 1)

    References: [Huang et al., 2024](https://arxiv.org/abs/2501.05441),
    [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637),
    [Odena et al., 2017](https://arxiv.org/abs/1610.09585).
    """
    count, side = stages(resolution)
    check_sizes(channels=channels, base_width=base_width)
    plain = plain_layers(norm, weight_norm, seed)
    stage = Stage(plain, base_width, blocks, expansion, group_width, count + 1)
    conv = functools.partial(GroupedConv2D, base_width, use_bias=False)
    inputs = keras.Input((resolution, resolution, channels), name="images")
    extract = plain.linear(conv, "extract", fan_in=channels, kernel_size=1)
    x = extract(inputs)
    x = stage(x, "stage_0")
    for i in range(1, count + 1):
        x = keras.layers.AveragePooling2D(2, name=f"down_{i}")(x)
        x = stage(x, f"stage_{i}")
    x = plain.linear(conv, "basis", kernel_size=side, groups=base_width)(x)
    x = keras.layers.Flatten(name="flatten")(x)
    dense = functools.partial(
        keras.layers.Dense, 1, use_bias=False, dtype="float32"
    )
    logits = plain.linear(dense, "logits", last=True)(x)
    return discriminator(plain, inputs, x, logits, classes, condition, name)
