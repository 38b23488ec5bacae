"""Images as sequences, for recurrent models, and inputs of many scales."""

import functools
import math

import numpy as np

from ..common.errors import InputError
from .scaling import as_before, seen

#: Of the permutation; a legacy generator, because NumPy keeps its stream.
_PERMUTATION_SEED = 1603_09025


def rows(images):
    """Returns each row of an image as a step."""
    return images.reshape(*images.shape[:2], -1)


def pixels(images):
    """Returns each pixel of an image as a step, row by row."""
    if images.ndim == 2:  # signals of one channel
        return images[..., np.newaxis]
    return images.reshape(len(images), -1, images.shape[-1])


def permuted_pixels(images):
    """Returns each pixel as a step, in the order of `permutation`."""
    steps = pixels(images)
    return steps[:, permutation(steps.shape[1])]


def spread(inputs):
    """Returns inputs whose values differ in scale, as in a raw table.

    Each value of an example is multiplied by its own factor, the same for all
    examples and runs: from 0.01 to 100, evenly spaced in their logarithms and
    in the order of `permutation`. Integers become what models see of them.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.data import views
    >>> (100 * views.spread(np.ones((1, 5)))).round().tolist()
    [[1000.0, 100.0, 10.0, 1.0, 10000.0]]
    """
    shape = inputs.shape[1:]
    count = math.prod(shape)
    factors = 10 ** np.linspace(-2, 2, count)[permutation(count)]
    return (seen(inputs) * factors.reshape(shape)).astype(np.float32)


#: Name in `config.dataset.view` -> function of the arrays of images, or of
#: sequences, whose steps count as pixels.
VIEWS = {
    "rows": rows,
    "pixels": pixels,
    "permuted_pixels": permuted_pixels,
    "spread": spread,
}


@functools.cache
def permutation(count):
    """Returns the one order of `count` steps that all runs share.

    Example:

    >>> from normzoo.trainers.data import views
    >>> views.permutation(8).tolist()
    [5, 6, 7, 3, 2, 1, 0, 4]
    """
    order = np.random.RandomState(_PERMUTATION_SEED).permutation(count)
    order.flags.writeable = False
    return order


def find_view(name):
    """Returns the function of `config.dataset.view`; `""` changes nothing."""
    if not name:
        return lambda images: images
    if name not in VIEWS:
        raise InputError(
            f"Unknown view. Received: {name!r}. Expected one of: "
            f"{', '.join(VIEWS)}, or '' for images as they are."
        )
    return VIEWS[name]


def pool(images, size):
    """Returns images of the means over squares of `size` pixels.

    They have the type of `images`: means of integers are rounded.

    Args:
        images: `(examples, height, width, channels)`, as in memory.
        size: of a square's side.

    Raises:
        InputError: the squares do not fill the images.
    """
    count, height, width, channels = images.shape
    check_pooling(height, width, size)
    if size == 1:
        return images
    blocks = images.reshape(
        count, height // size, size, width // size, size, channels
    )
    return as_before(blocks.mean((2, 4), dtype=np.float64), images.dtype)


def check_pooling(height, width, size):
    """Raises `InputError` unless squares of `size` pixels fill the images."""
    if size < 1 or height % size or width % size:
        raise InputError(
            "dataset.pooling must divide the height and width of the images, "
            f"{height} and {width}. Received: {size}."
        )
