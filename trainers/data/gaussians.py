"""The data set `gaussians25`: points of a mixture whose modes are known."""

import functools

import numpy as np

from ..common.errors import InputError
from .examples import Data, Examples, Modes

NAME = "gaussians25"

#: Distance of neighboring modes, and the standard deviation of each.
SPACING, DEVIATION = 0.4, 0.01

_POINTS = {"train": 50_000, "validation": 10_000, "test": 10_000}

#: What `config.dataset` must leave as it is.
_FIXED = {
    "train_split": "",
    "train_share": 1.0,
    "validation_split": "",
    "test_split": "",
    "image_size": 0,
    "pooling": 1,
    "view": "",
    "standardize": False,
}


def load(dataset):
    """Returns the `Data`: points of 25 Gaussians on a grid of five by five.

    The inputs are float32 `(examples, 2)` in [-1, 1], the labels are the modes'
    numbers. The points are drawn once, always the same ones; the grid is that
    of PacGAN.

    Args:
        dataset: `config.dataset`.

    Raises:
        InputError: the config asks for other splits, or for something that
            only images have.

    Reference: [Lin et al., 2018](https://arxiv.org/abs/1712.04086).
    """
    for key, value in _FIXED.items():
        if dataset[key] != value:
            raise InputError(
                f"Data set {NAME!r} has points, not images, and its splits are "
                f"fixed. Received: dataset.{key}={dataset[key]!r}. Leave it at "
                f"{value!r}."
            )
    return _drawn()


@functools.lru_cache(maxsize=1)
def _drawn():
    side = SPACING * np.arange(-2, 3)
    centers = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    rng = np.random.default_rng(25)
    splits = [_draw(rng, centers, count) for count in _POINTS.values()]
    modes = Modes(centers, DEVIATION)
    return Data(*splits, len(centers), bounds=(-1, 1), modes=modes)


def _draw(rng, centers, count):
    labels = rng.integers(len(centers), size=count)
    points = centers[labels] + DEVIATION * rng.standard_normal((count, 2))
    return Examples(points.astype(np.float32), labels)
