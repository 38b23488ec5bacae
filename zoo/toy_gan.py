"""Two small perceptrons for GANs on points of the plane."""

import dataclasses
import functools

import keras

from ..layers.numerics.annotations import NormIdentifier, WeightNormIdentifier
from .gan_layers import check_sizes, normal_layers
from .labels import discriminator, inputs_with, labels_of, told


def toy_generator(
    dimensions: int = 2,
    *,
    base_width: int = 128,
    depth: int = 3,
    latent_dim: int = 2,
    norm: NormIdentifier = "batch",
    weight_norm: WeightNormIdentifier = "none",
    seed: int = 0,
    classes: int = 0,
    condition: str = "norm",
    name: str = "generator",
) -> keras.Model:
    """Returns a perceptron that generates points from noise.

    It consists of `depth` times Dense, norm and ReLU, then Dense. The usual
    test for mode collapse trains a GAN of this kind on a grid of Gaussians.

    Args:
        dimensions: number of coordinates of a point.
        base_width: units of each hidden layer.
        depth: number of hidden layers.
        latent_dim: size of the noise vector of a point.
        norm: what `normzoo.layers.get` takes.
        weight_norm: what `normzoo.layers.get_weight_norm` takes, of the
            kernels.
        seed: integer; equal seeds give equal kernels, whatever the norm.
        classes: number of classes that the network is told, as of the DCGAN's;
            0: none.
        condition: `"norm"`; or `"input"`: the class, one-hot, is then an input
            of the first layer beside the noise, and norms are the plain ones.
        name: name of the model.

    Returns:
        A functional `keras.Model` from `(batch, latent_dim)` to float32
        `(batch, dimensions)`.

    Raises:
        ValueError: a size is not positive, or the condition is unknown.

    Example:

    >>> from normzoo import zoo
    >>> zoo.toy_generator().output_shape
    (None, 2)
    """
    check_sizes(latent_dim=latent_dim)
    hidden = _hidden(base_width, norm, weight_norm, seed)
    labels = labels_of(classes)
    inputs = keras.Input((latent_dim,), name="inputs")
    x, tell = told(inputs, labels, condition)
    sizes = (base_width, depth, dimensions)
    _, outputs = _perceptron(x, *sizes, hidden, 0, tell)
    return keras.Model(inputs_with(inputs, labels), outputs, name=name)


def toy_discriminator(
    dimensions: int = 2,
    *,
    base_width: int = 128,
    depth: int = 3,
    norm: NormIdentifier = "none",
    weight_norm: WeightNormIdentifier = "none",
    seed: int = 0,
    classes: int = 0,
    condition: str = "projection",
    name: str = "discriminator",
) -> keras.Model:
    """Returns a perceptron that tells real points from generated ones.

    It consists of `depth` times Dense, norm and ReLU, the first time without
    norm, then Dense.

    Args:
        dimensions: number of coordinates of a point.
        base_width: units of each hidden layer.
        depth: number of hidden layers.
        norm: what `normzoo.layers.get` takes.
        weight_norm: what `normzoo.layers.get_weight_norm` takes, of the
            kernels.
        seed: integer; equal seeds give equal kernels, whatever the norm.
        classes: number of classes that the network is told, as of the DCGAN's;
            0: none.
        condition: how it judges the class, as of the DCGAN's.
        name: name of the model.

    Returns:
        A functional `keras.Model` from `(batch, dimensions)` to float32 logits
        `(batch, 1)`, high for real points; as the DCGAN's with classes.

    Raises:
        ValueError: a size is not positive, or the condition is unknown.

    Example:

    >>> from normzoo import zoo
    >>> zoo.toy_discriminator(norm="layer").output_shape
    (None, 1)
    """
    check_sizes(dimensions=dimensions)
    hidden = _hidden(base_width, norm, weight_norm, seed)
    inputs = keras.Input((dimensions,), name="inputs")
    features, logits = _perceptron(inputs, base_width, depth, 1, hidden, 1)
    return discriminator(
        hidden, inputs, features, logits, classes, condition, name
    )


def _hidden(width, norm, weight_norm, seed):
    check_sizes(base_width=width)
    stddev = (2 / width) ** 0.5  # He's, for hidden layers
    return normal_layers(norm, weight_norm, keras.layers.ReLU(), stddev, seed)


def _perceptron(x, width, depth, outputs, hidden, bare, labels=None):
    """Returns what a perceptron's last layer sees, and returns.

    Its first `bare` hidden layers have no norm.
    """
    check_sizes(dimensions=outputs, depth=depth)
    without_norm = dataclasses.replace(hidden, norm="none")
    dense = functools.partial(keras.layers.Dense, width)
    for i in range(depth):
        block = without_norm if i < bare else hidden
        x = block.apply(dense, x, f"dense_{i}", labels=labels)
    last = hidden.linear(
        keras.layers.Dense, "outputs", last=True, units=outputs, dtype="float32"
    )
    return x, last(x)
