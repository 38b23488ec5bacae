"""Random changes of the images that a discriminator sees, by name."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from ...common.errors import InputError
from .noise import Noise

#: Tells its random numbers from the generator's noise.
_STREAM = 0x6175676D


class Change(NamedTuple):
    """A random change of each image, with a gradient for its pixels.

    Attributes:
        function: images `(batch, height, width, channels)`, and random numbers
            from [0, 1) `(batch, count)` -> images.
        count: of the random numbers of an image.
        meaning: for documents.
    """

    function: Callable
    count: int
    meaning: str


class Augmentation:
    """Differentiable augmentation: the same kinds of changes for all images.

    Real and made images are changed alike whenever the discriminator sees them,
    each in its own way, and gradients flow through the changes to the
    generator. The random numbers are a function of the seed and the update.

    Args:
        names: of changes in `CHANGES`, with commas between them, in the order
            in which they are made; `""` for none.
        seed: integer.

    Raises:
        InputError: a name is unknown or there twice.

    Example:

    >>> import tensorflow as tf
    >>> from normzoo.trainers.gans.model.augmentation import Augmentation
    >>> augment = Augmentation("translation,cutout", seed=0)
    >>> augment(tf.ones((2, 8, 8, 1)), update=0, draw=0).shape
    TensorShape([2, 8, 8, 1])

    Reference: [Zhao et al., 2020](https://arxiv.org/abs/2006.10738).
    """

    def __init__(self, names, seed):
        self._changes = [CHANGES[name] for name in _split(names)]
        self._noise = Noise(seed, _STREAM)

    def reseed(self, seed):
        """Draws from now on as one that was made with this seed."""
        self._noise.reseed(seed)

    def __call__(self, images, update, draw):
        """Returns the changed images.

        Args:
            images: `(batch, height, width, channels)`.
            update: integer, may be a tensor; of the discriminator.
            draw: integer that tells what is seen in one update apart.
        """
        if not self._changes:
            return images
        counts = [change.count for change in self._changes]
        rows = images.shape[0] or tf.shape(images)[0]
        numbers = self._noise.uniform(update, draw, rows, sum(counts))
        parts = tf.split(numbers, counts, 1)
        for change, part in zip(self._changes, parts, strict=True):
            images = change.function(images, part)
        return images


def check(names):
    """Raises `InputError` unless they are names of an `Augmentation`."""
    _split(names)


def _split(names):
    found = names.split(",") if names else []
    unknown = [name for name in found if name not in CHANGES]
    if unknown or len({*found}) < len(found):
        raise InputError(
            f"augmentation must name different ones of {', '.join(CHANGES)}, "
            f"with commas between them and no spaces. Received: {names!r}."
        )
    return found


def _color(images, numbers):
    """Changes brightness, saturation and contrast."""
    brightness, saturation, contrast = (
        part[:, :, None, None] for part in tf.split(numbers, 3, 1)
    )
    images = images + (brightness - 0.5)
    gray = tf.reduce_mean(images, 3, keepdims=True)
    images = gray + 2 * saturation * (images - gray)
    mean = tf.reduce_mean(images, [1, 2, 3], keepdims=True)
    return mean + (contrast + 0.5) * (images - mean)


def _translation(images, numbers):
    """Shifts by up to an eighth of the side, and fills up with zeros."""
    for axis in (1, 2):
        size = images.shape[axis]
        most = size // 8
        shift = _whole_number(numbers[:, axis - 1], 2 * most + 1)
        padding = [[0, 0] for _ in images.shape]
        padding[axis] = [most, most]
        images = tf.gather(
            tf.pad(images, padding),
            tf.range(size) + shift[:, None],
            axis=axis,
            batch_dims=1,
        )
    return images


def _cutout(images, numbers):
    """Sets a square to zero, of half the side, or what of it is inside."""
    inside = []
    for axis in (1, 2):
        size = images.shape[axis]
        width = (size + 1) // 2
        centers = size + 1 - width % 2
        first = _whole_number(numbers[:, axis - 1], centers) - width // 2
        places = tf.range(size) - first[:, None]
        inside.append((places >= 0) & (places < width))
    square = inside[0][:, :, None] & inside[1][:, None, :]
    return tf.where(square[..., None], tf.zeros([], images.dtype), images)


def _whole_number(uniform, choices):
    return tf.cast(uniform * choices, tf.int32)


CHANGES = {
    "color": Change(
        _color,
        3,
        "brightness shifted by up to a quarter of the range from black to "
        "white; saturation times 0 to 2; contrast times 0.5 to 1.5",
    ),
    "translation": Change(
        _translation,
        2,
        "shifted by up to an eighth of the side in each direction; what is "
        "uncovered is gray",
    ),
    "cutout": Change(
        _cutout,
        2,
        "a square of half the side is gray; parts of it can be outside",
    ),
}
