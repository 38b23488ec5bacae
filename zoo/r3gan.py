"""Networks in the manner of R3GAN, which need no norm."""

import dataclasses
import functools

import keras

from ..layers.numerics.annotations import NormIdentifier, WeightNormIdentifier
from .gan_layers import check_sizes, hidden_layers, stages
from .grouped_conv import GroupedConv2D
from .hidden import Hidden

_SLOPE = 0.2


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
        name: name of the model.

    Returns:
        A functional `keras.Model` from `(batch, latent_dim)` to float32
        `(batch, resolution, resolution, channels)`, not bounded.

    Raises:
        ValueError: the network cannot make that resolution, a size is not
            positive, or the channels cannot be grouped.

    Example:

    >>> from normzoo import zoo
    >>> zoo.r3gan_generator(28, base_width=8).output_shape
    (None, 28, 28, 1)

    References: [Huang et al., 2024](https://arxiv.org/abs/2501.05441),
    [Zhang et al., 2019](https://arxiv.org/abs/1901.09321) (Fixup).
    """
    count, side = stages(resolution)
    check_sizes(channels=channels, base_width=base_width, latent_dim=latent_dim)
    plain = _plain(norm, weight_norm, seed)
    stage = _Stage(plain, base_width, blocks, expansion, group_width, count + 1)
    inputs = keras.Input((latent_dim,), name="noise")
    units = side * side * base_width
    x = plain.linear(keras.layers.Dense, "project", units=units)(inputs)
    x = keras.layers.Reshape((side, side, base_width), name="reshape")(x)
    x = stage(x, "stage_0")
    for i in range(1, count + 1):
        x = keras.layers.UpSampling2D(
            2, interpolation="bilinear", name=f"up_{i}"
        )(x)
        x = stage(x, f"stage_{i}")
    last = functools.partial(
        keras.layers.Conv2D, channels, 1, use_bias=False, dtype="float32"
    )
    images = plain.linear(last, "images", last=True)
    return keras.Model(inputs, images(x), name=name)


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
        name: name of the model.

    Returns:
        A functional `keras.Model` from `(batch, resolution, resolution,
        channels)` to float32 logits `(batch, 1)`, high for real images.

    Raises:
        ValueError: the network cannot take that resolution, a size is not
            positive, or the channels cannot be grouped.

    Example:

    >>> from normzoo import zoo
    >>> zoo.r3gan_discriminator(28, base_width=8).output_shape
    (None, 1)

    Reference: [Huang et al., 2024](https://arxiv.org/abs/2501.05441).
    """
    count, side = stages(resolution)
    check_sizes(channels=channels, base_width=base_width)
    plain = _plain(norm, weight_norm, seed)
    stage = _Stage(plain, base_width, blocks, expansion, group_width, count + 1)
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
    return keras.Model(
        inputs, plain.linear(dense, "logits", last=True)(x), name=name
    )


@dataclasses.dataclass(frozen=True)
class _Stage:
    """Residual blocks, one behind the other.

    Args:
        plain: the `Hidden` layers' options of the other layers.
        width: channels of inputs and outputs.
        blocks: how many.
        expansion: as of `r3gan_generator`.
        group_width: likewise.
        stages: number of stages of the network.
    """

    plain: Hidden
    width: int
    blocks: int
    expansion: int
    group_width: int
    stages: int

    def __post_init__(self):
        check_sizes(
            blocks=self.blocks,
            expansion=self.expansion,
            group_width=self.group_width,
        )
        inside = self.width * self.expansion
        if inside > self.group_width and inside % self.group_width:
            raise ValueError(
                "The channels inside of a block, base_width x expansion, must "
                "be a multiple of group_width. Received: "
                f"base_width={self.width}, expansion={self.expansion}, "
                f"group_width={self.group_width}."
            )

    def __call__(self, x, name):
        for i in range(self.blocks):
            x = self._block(x, f"{name}_{i}")
        return x

    def _block(self, x, name):
        inside = self.width * self.expansion
        groups = max(1, inside // self.group_width)
        conv = functools.partial(GroupedConv2D, padding="same")
        first = functools.partial(conv, inside, 1)
        second = functools.partial(conv, inside, 3, groups=groups)
        third = functools.partial(conv, self.width, 1, use_bias=False)
        y = self._hidden.apply(first, x, f"{name}_first")
        y = self._hidden.apply(second, y, f"{name}_second")
        y = self._hidden.linear(third, f"{name}_third", **self._zeros)(y)
        return keras.layers.Add(name=name)([x, y])

    @property
    def _hidden(self):
        # For a variance of 1 behind LeakyReLU, and three layers in a block.
        gain = (2 / (1 + _SLOPE**2)) ** 0.5
        scale = gain * (self.blocks * self.stages) ** -0.25
        return dataclasses.replace(self.plain, initializer_scale=scale)

    @property
    def _zeros(self):
        layer = keras.layers.Dense(1)
        normalized = self.plain.with_weight_norm(layer) is not layer
        return {} if normalized else {"kernel_initializer": "zeros"}


def _plain(norm, weight_norm, seed):
    return hidden_layers(
        norm,
        weight_norm=weight_norm,
        activation=keras.layers.LeakyReLU(negative_slope=_SLOPE),
        kernel_initializer=keras.initializers.VarianceScaling(
            mode="fan_in", distribution="untruncated_normal"
        ),
        seed=seed,
    )
