"""From the config to examples in memory."""

import functools
import numbers

from ..common.errors import InputError
from . import (
    array_files,
    gaussians,
    splitting,
    stacked,
    standardizing,
    texts,
)
from .datasets import find_builder, find_splits
from .decoding import decode
from .examples import Data, Examples
from .features import input_feature
from .reading import described, records
from .sources import square_images
from .views import find_view

#: Keys that change examples, with the values that do not.
_UNCHANGED = {
    "train_share": 1.0,
    "pooling": 1,
    "view": "",
    "standardize": False,
}


def load_data(config):
    """Returns the `Data` that `config.dataset` names.

    With a `split_seed` from 0, train and validation are drawn again, see
    `splitting`. A text stays in its order, and the points of a mixture are
    drawn once: neither looks at the seed. With `standardize`, inputs have mean
    0 and variance 1 over the training split that is trained with.

    Runs of one process that use the same data share them.

    Raises:
        InputError: the data set cannot be used, see `find_builder`; or the
            batch is larger than the training split.
    """
    return _loader(config)(config.dataset.split_seed)


def load_own_splits(config):
    """Returns the `Data` as if there were no `split_seed`.

    All but that is checked: whoever needs no example, only how many there are
    and of what shape, need not wait for the drawing.

    Raises:
        InputError: `load_data` would raise it.
    """
    return _loader(config)(-1)


def load_for_testing(config):
    """Returns `Data` whose test split is that of `load_data`.

    The other splits may be drawn by another seed: unless these standardize the
    inputs, the drawing need not be waited for.

    Raises:
        InputError: `load_data` would raise it.
    """
    dataset = config.dataset
    return _loader(config)(dataset.split_seed if dataset.standardize else -1)


def _loader(config):
    """Returns a function of a split seed that returns the `Data`."""
    dataset = config.dataset
    if dataset.name == gaussians.NAME:
        data = gaussians.load(dataset)
        _check_batch(config, data.train.count, "train")
        return lambda split_seed: data
    if dataset.name.endswith(array_files.SUFFIX):
        as_they_are = {"image_size": 0, **_UNCHANGED}
        what = "Arrays in a file are taken as they are"
        _check_unchanged(dataset, what, as_they_are)
        data = array_files.load(dataset.name, -1)
        _check_batch(config, data.train.count)
        return functools.partial(array_files.load, dataset.name)
    if square_images.is_folder(dataset.name):
        what = "Images of a folder are cropped and resized, and no more"
        _check_unchanged(dataset, what, _UNCHANGED)
        image_size, _, _ = _numbers(dataset)
        load = functools.partial(square_images.load, dataset.name, image_size)
        _check_batch(config, load(-1).train.count)
        return load
    is_stacked = stacked.is_stacked(dataset.name)
    one = stacked.of_one(config) if is_stacked else config
    builder = find_builder(one)
    splits = find_splits(builder, dataset)
    path, names = str(builder.data_path), tuple(splits.values())
    feature = input_feature(builder)
    image_size, pooling, window = _numbers(dataset)
    _check_settings(builder.name, feature, dataset)
    if is_stacked:
        stacked.check(dataset, feature)
    if feature == "text":
        data = _read_texts(path, names, window)
        _check_batch(config, data.train.count, names[0])
        return lambda split_seed: data
    if dataset.split_seed >= 0:
        splitting.check_apart(builder, splits)
    # Checked before a long decoding.
    count = builder.info.splits[names[0]].num_examples
    _check_batch(config, count, names[0])
    decoded = path, names, feature, image_size, pooling, dataset.view
    load = _standardized if dataset.standardize else _decoded
    if is_stacked:
        load = _stacked
    return lambda split_seed: load(split_seed, *decoded)


def _decoded(split_seed, *arguments):
    if split_seed < 0:
        return decode(*arguments)
    return splitting.drawn(split_seed, *arguments)


# It is a copy of all examples.
@functools.lru_cache(maxsize=1)
def _standardized(split_seed, *arguments):
    return standardizing.standardized(_decoded(split_seed, *arguments))


@functools.lru_cache(maxsize=1)
def _stacked(split_seed, *arguments):
    return stacked.stack(_decoded(split_seed, *arguments))


def _numbers(dataset):
    """Returns image size, pooling and window as Python's integers."""
    found = []
    for key in ("image_size", "pooling", "window"):
        value = dataset[key]
        if not isinstance(value, numbers.Integral):
            raise InputError(
                f"dataset.{key} must be an integer. Received: {value!r}."
            )
        found.append(int(value))
    if found[0] < 0:
        raise InputError(
            f"dataset.image_size must be at least 0. Received: {found[0]}."
        )
    return found


def _check_batch(config, count, split=None):
    if not 1 <= config.batch_size <= count:
        where = (
            f"split {split!r} of {config.dataset.name!r}"
            if split
            else "the training split"
        )
        raise InputError(
            f"batch_size must be 1 to {count}, the examples in {where}. "
            f"Received: {config.batch_size}."
        )


def _check_settings(name, feature, dataset):
    find_view(dataset.view)
    if dataset.standardize and feature == "text":
        raise InputError(
            f"Data set {name!r} is a text, whose characters are not numbers. "
            "Received: dataset.standardize=True. Leave it at False."
        )
    resized = dataset.image_size or dataset.pooling != 1
    if (resized and feature != "image") or (dataset.view and feature == "text"):
        raise InputError(
            f"Data set {name!r} has no images. Received: "
            f"dataset.image_size={dataset.image_size}, "
            f"dataset.pooling={dataset.pooling}, "
            f"dataset.view={dataset.view!r}. Leave them at 0, 1 and ''; data "
            "sets of signals may have a view."
        )


def _check_unchanged(dataset, what, expected):
    received = {key: dataset[key] for key in expected}
    if received != expected:
        shown = ", ".join(f"dataset.{k}={v!r}" for k, v in received.items())
        *others, last = map(repr, expected.values())
        raise InputError(
            f"{what}. Received: {shown}. Leave them at {', '.join(others)} and "
            f"{last}."
        )


@functools.lru_cache(maxsize=2)
def _read_texts(data_path, splits, window):
    builder = described(data_path)
    read = {}
    for split in splits:
        with records(data_path):
            joined = texts.read(builder, split)
        read[split] = texts.decoded(joined, split)
    vocabulary = texts.characters(read[splits[0]])
    examples = []
    for split in splits:
        codes = texts.encode(read[split], vocabulary, split)
        examples.append(Examples(*texts.windows(codes, window)))
    return Data(*examples, num_classes=len(vocabulary))
