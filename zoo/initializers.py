"""Initial values that depend on a layer's name and the model's seed alone."""

import zlib

import keras


def layer_seed(seed, name):
    """Returns a seed that depends on the model's seed and the layer's name.

    It does not depend on what else is in the model: equal layers of two models
    that differ in their normalization start from equal kernels.
    """
    return zlib.crc32(f"{seed}/{name}".encode())


def scaled_initializer(initializer, scale, seed):
    """Returns a new initializer whose values are `scale` times as large.

    Args:
        initializer: a Keras variance-scaling initializer, a `RandomNormal`, or
            the name of one.
        scale: factor of the standard deviation.
        seed: integer, of the new one.

    Raises:
        ValueError: an initializer of another kind.

    Example:

    >>> from normzoo.zoo.initializers import scaled_initializer
    >>> scaled_initializer("he_normal", 0.5, seed=0).scale
    0.5
    """
    base = keras.initializers.get(initializer)
    if isinstance(base, keras.initializers.VarianceScaling):
        return keras.initializers.VarianceScaling(
            scale=base.scale * scale**2,
            mode=base.mode,
            distribution=base.distribution,
            seed=seed,
        )
    if isinstance(base, keras.initializers.RandomNormal):
        return keras.initializers.RandomNormal(
            mean=base.mean * scale, stddev=base.stddev * scale, seed=seed
        )
    raise ValueError(
        "kernel_initializer must be of Keras' variance-scaling family "
        "(he_normal, glorot_uniform, lecun_normal, ...) or a RandomNormal, so "
        f"that initializer_scale applies. Received: {base!r}."
    )
