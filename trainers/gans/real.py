"""What GANs are trained on: TFDS images, or points of a known mixture."""

import functools
from typing import NamedTuple

import numpy as np

from ..common.errors import InputError
from ..data import loading, pipeline

#: The names of the sets that are made here, not by TFDS.
GAUSSIANS = "gaussians25"

#: Distance of neighboring modes, and the standard deviation of each.
SPACING, DEVIATION = 0.4, 0.01

_POINTS = {"train": 50_000, "validation": 10_000, "test": 10_000}


class Modes(NamedTuple):
    """The modes of a mixture of Gaussians that data were drawn from."""

    centers: np.ndarray
    deviation: float


def load_data(config):
    """Returns the `loading.Data` that `config.dataset` names, and its modes.

    Images are stored as 0 to 255, points as they are, within [-1, 1].

    Returns:
        The data, and `Modes`, or None where they are not known.

    Raises:
        InputError: as `loading.load_data`.
    """
    if config.dataset.name != GAUSSIANS:
        return loading.load_data(config), None
    if not 1 <= config.batch_size <= _POINTS["train"]:
        raise InputError(
            f"batch_size must be 1 to {_POINTS['train']}. Received: "
            f"{config.batch_size}."
        )
    return _gaussians()


@functools.lru_cache(maxsize=1)
def _gaussians():
    side = SPACING * np.arange(-2, 3)
    centers = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    rng = np.random.default_rng(25)
    splits = [_draw(rng, centers, count) for count in _POINTS.values()]
    return loading.Data(*splits, num_classes=25), Modes(centers, DEVIATION)


def _draw(rng, centers, count):
    labels = rng.integers(len(centers), size=count)
    points = centers[labels] + DEVIATION * rng.standard_normal((count, 2))
    return loading.Examples(points.astype(np.float32), labels)


def training_batches(data, *args, **kwargs):
    """Returns batches as `pipeline.training_batches`, without labels.

    In [-1, 1], where generators make theirs; `pipeline` gives images in
    [0, 1].
    """
    batches = pipeline.training_batches(data.train, *args, **kwargs)
    if data.train.inputs.dtype == np.uint8:
        return batches.map(lambda images, labels: images * 2 - 1)
    return batches.map(lambda points, labels: points)


def examples(split):
    """Returns the examples of a split, a NumPy array in [-1, 1]."""
    if split.inputs.dtype == np.uint8:
        return split.inputs.astype("float32") / 255 * 2 - 1
    return split.inputs


def to_unit(values):
    """Maps values from [-1, 1] to [0, 1]."""
    return (values + 1) / 2
