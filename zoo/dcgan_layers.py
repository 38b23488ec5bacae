"""What the layers of both DCGAN networks have in common."""

import dataclasses
import functools
from collections.abc import Callable

import keras

from ..layers import get
from .hidden import cancels_bias, layer_seed

#: The norms' options in DCGANs; Keras' defaults suit larger activations. A norm
#: that is not here (or a callable) comes as it is.
NORM_OPTIONS = {
    "batch": {"momentum": 0.9, "epsilon": 1e-5},
    "layer": {"epsilon": 1e-5},
    "group": {"epsilon": 1e-5},
    "instance": {"epsilon": 1e-5},
    "rms": {"epsilon": 1e-5},
    "virtual": {"epsilon": 1e-5},
}

#: The images' sides, smallest and largest.
RESOLUTIONS = (8, 128)


def stages(resolution):
    """Returns how many times an image is halved, and the side that is left.

    Two stages at least; then as many as leave four pixels a side.

    Raises:
        ValueError: the side is out of range, or cannot be halved that often.

    Example:

    >>> from normzoo.zoo.dcgan_layers import stages
    >>> [stages(resolution) for resolution in (8, 16, 28, 32, 64, 128)]
    [(2, 2), (2, 4), (2, 7), (3, 4), (4, 4), (5, 4)]
    """
    smallest, largest = RESOLUTIONS
    if not smallest <= resolution <= largest:
        raise ValueError(
            f"A DCGAN makes images of {smallest} to {largest} pixels a side. "
            f"Received: resolution={resolution}. Resize the images."
        )
    count = max(2, (resolution // 4).bit_length() - 1)
    if resolution % 2**count:
        near = max(smallest, round(resolution / 2**count) * 2**count)
        raise ValueError(
            f"A DCGAN of {resolution} pixels a side has {count} stages and "
            f"needs a multiple of {2**count}. Received: resolution="
            f"{resolution}. Resize the images, to {near} for example."
        )
    return count, resolution >> count


def check_sizes(**sizes):
    """Raises `ValueError` unless all sizes are at least 1."""
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1. Received: {size}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block:
    """Linear map, norm, activation, with kernels from N(0, stddev^2).

    Args:
        norm: what `normzoo.layers.get` takes; a name in `NORM_OPTIONS` comes
            with these options.
        activation: factory of activation layers.
        stddev: of the initial kernels.
        seed: integer; equal seeds give equal kernels to layers of equal name
            and shape.
    """

    norm: str | Callable | None
    activation: Callable
    stddev: float
    seed: int

    def linear(self, layer, name, **options):
        """Returns a layer of the class `layer`, with an initializer its own."""
        initializer = keras.initializers.RandomNormal(
            stddev=self.stddev, seed=layer_seed(self.seed, name)
        )
        return layer(kernel_initializer=initializer, name=name, **options)

    def norm_layer(self, name):
        """Returns a new normalization layer."""
        named = isinstance(self.norm, str)
        options = NORM_OPTIONS.get(self.norm, {}) if named else {}
        return get(self.norm, **options)(name=name)

    def apply(self, layer, x, name, reshape=None):
        """Returns the activations behind `layer`, a class or a partial.

        Args:
            layer: takes `name`, `kernel_initializer` and `use_bias`.
            x: a symbolic tensor.
            name: of the linear layer; the others' names end with it.
            reshape: shape of one example behind the linear map.
        """
        norm = self.norm_layer(f"norm_{name}")
        x = self.linear(layer, name, use_bias=not cancels_bias(norm))(x)
        if reshape is not None:
            x = keras.layers.Reshape(reshape, name=f"reshape_{name}")(x)
        return self.activation(name=f"activation_{name}")(norm(x))


#: The activations of the original: slope 0.2 in the discriminator.
LEAKY_RELU = functools.partial(keras.layers.LeakyReLU, negative_slope=0.2)
