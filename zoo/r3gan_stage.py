"""The residual blocks of R3GAN's networks, which need no norm."""

import dataclasses
import functools

import keras

from .gan_layers import check_sizes, hidden_layers
from .grouped_conv import GroupedConv2D
from .hidden import Hidden

_SLOPE = 0.2


def plain_layers(norm, weight_norm, seed):
    """Returns the `Hidden` of the layers outside of the blocks."""
    return hidden_layers(
        norm,
        weight_norm=weight_norm,
        activation=keras.layers.LeakyReLU(negative_slope=_SLOPE),
        kernel_initializer=keras.initializers.VarianceScaling(
            mode="fan_in", distribution="untruncated_normal"
        ),
        seed=seed,
    )


@dataclasses.dataclass(frozen=True)
class Stage:
    """Residual blocks, one behind the other.

    Args:
        plain: from `plain_layers`.
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

    def __call__(self, x, name, labels=None):
        """Returns what the blocks make of `x`.

        Args:
            x: symbolic, `(batch, height, width, channels)`.
            name: of the stage; those of layers begin with it.
            labels: the `Labels` that norms are told, or None.
        """
        for i in range(self.blocks):
            x = self._block(x, f"{name}_{i}", labels)
        return x

    def _block(self, x, name, labels):
        inside = self.width * self.expansion
        groups = max(1, inside // self.group_width)
        conv = functools.partial(GroupedConv2D, padding="same")
        first = functools.partial(conv, inside, 1)
        second = functools.partial(conv, inside, 3, groups=groups)
        third = functools.partial(conv, self.width, 1, use_bias=False)
        y = self._hidden.apply(first, x, f"{name}_first", labels=labels)
        y = self._hidden.apply(second, y, f"{name}_second", labels=labels)
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
