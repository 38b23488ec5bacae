"""Data sets `stacked_NAME`: three gray images as one of three colors.

Of 10 digits there are 1,000 triples, each a mode that a generator can miss:
`stacked_mnist` is the usual test for mode collapse, `stacked_digits` a small
one.
"""

import numpy as np

from ..common.errors import InputError
from .examples import SPLITS, Examples

_PREFIX = "stacked_"

#: How many triples are drawn; of the test split as many as in the literature.
_COUNTS = {"train": 50_000, "validation": 10_000, "test": 26_000}

#: Of the draw, which is the same for all runs.
_SEED = 1000

_CHANNELS = 3


def is_stacked(name):
    """Returns whether a data set's name is one of these."""
    return name.startswith(_PREFIX)


def of_one(config):
    """Returns a config whose data set is the one that is stacked."""
    config = config.copy_and_resolve_references()
    config.dataset.name = config.dataset.name.removeprefix(_PREFIX)
    return config


def check(dataset, feature):
    """Raises `InputError` unless a set is one of images that stay images.

    Args:
        dataset: `config.dataset` of the stacked set.
        feature: what the set to be stacked has, such as `"image"`.
    """
    if feature != "image" or dataset.view or dataset.standardize:
        raise InputError(
            f"Only images can be stacked. Received: {dataset.name!r} of "
            f"{feature}s, dataset.view={dataset.view!r}, "
            f"dataset.standardize={dataset.standardize}. Name a set of gray "
            "images, and leave the keys at '' and False."
        )


def stack(data):
    """Returns the `Data` of triples, drawn with replacement from each split.

    The label of a triple of k classes is k^2 a + k b + c, with the classes a,
    b, c of the three colors.

    Args:
        data: `Data` of gray images.

    Raises:
        InputError: the images have colors.
    """
    shape = data.input_shape
    if shape[-1] != 1:
        raise InputError(
            "Only gray images can be stacked. Received: images of shape "
            f"{shape}."
        )
    splits = [
        _drawn(getattr(data, split), count, [_SEED, i], data.num_classes)
        for i, (split, count) in enumerate(_COUNTS.items())
    ]
    classes = data.num_classes**_CHANNELS
    return data._replace(
        **dict(zip(SPLITS, splits, strict=True)), num_classes=classes
    )


def joined_classes(classes, num_classes):
    """Returns the labels of triples.

    Args:
        classes: of the images in a triple, integers `(..., 3)`.
        num_classes: of one image.
    """
    powers = num_classes ** np.arange(_CHANNELS)[::-1]
    return np.asarray(classes, np.int64) @ powers


def channels_apart(images):
    """Returns triples `(count, ..., 3)` as gray images `(3 count, ..., 1)`."""
    return np.moveaxis(images, -1, 1).reshape(-1, *images.shape[1:-1], 1)


def _drawn(examples, count, seed, num_classes):
    rng = np.random.default_rng(seed)
    rows = rng.integers(examples.count, size=(count, _CHANNELS))
    # One color at a time: the gray images of all at once take thrice as much.
    shape = (count, *examples.inputs.shape[1:-1], _CHANNELS)
    inputs = np.empty(shape, examples.inputs.dtype)
    for i in range(_CHANNELS):
        inputs[..., i] = examples.inputs[rows[:, i], ..., 0]
    labels = joined_classes(examples.labels[rows], num_classes)
    return Examples(inputs, labels)
