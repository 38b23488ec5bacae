"""What the layers of a GAN's two networks have in common."""

import keras

from .hidden import Hidden

#: The norms' options in GANs; Keras' defaults suit larger activations. A norm
#: that is not in this table (or a callable) has its own defaults.
NORM_OPTIONS = {
    "batch": {"momentum": 0.9, "epsilon": 1e-5},
    "ghost_batch": {"momentum": 0.9, "epsilon": 1e-5},
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

    >>> from normzoo.zoo.gan_layers import stages
    >>> [stages(resolution) for resolution in (8, 16, 28, 32, 64, 128)]
    [(2, 2), (2, 4), (2, 7), (3, 4), (4, 4), (5, 4)]
    """
    smallest, largest = RESOLUTIONS
    if not smallest <= resolution <= largest:
        raise ValueError(
            f"GANs make images of {smallest} to {largest} pixels per side. "
            f"Received: resolution={resolution}. Resize the images."
        )
    count = max(2, (resolution // 4).bit_length() - 1)
    if resolution % 2**count:
        near = max(smallest, round(resolution / 2**count) * 2**count)
        raise ValueError(
            f"A GAN of {resolution} pixels per side has {count} stages and "
            f"needs a multiple of {2**count}. Received: "
            f"resolution={resolution}. Resize the images, to {near} for "
            "example."
        )
    return count, resolution >> count


def check_sizes(**sizes):
    """Raises `ValueError` unless all sizes are at least 1."""
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1. Received: {size}.")


def hidden_layers(norm, **options):
    """Returns a `Hidden` with a GAN's norm options.

    Args:
        norm: what `normzoo.layers.get` takes; a name in `NORM_OPTIONS` comes
            with these options.
        **options: the others of `Hidden`.
    """
    return Hidden(norm=norm, norm_arguments=NORM_OPTIONS, **options)


def normal_layers(norm, weight_norm, activation, stddev, seed):
    """Returns `hidden_layers` with normally distributed initial kernels.

    Args:
        norm, weight_norm, activation: as in `Hidden`.
        stddev: of the initial kernels.
        seed: integer; equal seeds give equal kernels to layers of equal name
            and shape.
    """
    return hidden_layers(
        norm,
        weight_norm=weight_norm,
        activation=activation,
        kernel_initializer=keras.initializers.RandomNormal(
            stddev=stddev, seed=seed
        ),
        seed=seed,
    )
