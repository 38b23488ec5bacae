"""From a prepared TFDS set to examples in memory, decoded once."""

import functools
from typing import NamedTuple

import numpy as np
import rich.progress
import tensorflow as tf
import tensorflow_datasets as tfds

from ..common.errors import InputError
from . import texts
from .checks import check_examples
from .datasets import find_builder, find_splits, input_feature, opened
from .pipeline import untuned
from .views import find_view, pool

_DECODE_BATCH = 512


class Examples(NamedTuple):
    """A split in memory.

    Attributes:
        inputs: uint8 `(examples, height, width, channels)`, or what the view
            makes of them; float32 `(examples, steps, channels)` signals; or
            int64 `(examples, steps)` characters of a text.
        labels: int64 `(examples,)`, or `(examples, steps)` for a text.
    """

    inputs: np.ndarray
    labels: np.ndarray


class Data(NamedTuple):
    """What a run trains and is measured on."""

    train: Examples
    validation: Examples
    test: Examples
    num_classes: int

    @property
    def input_shape(self):
        """Shape of one image, signal or window of a text."""
        return self.train.inputs.shape[1:]

    @property
    def per_step(self):
        """Whether each step of an example has a label of its own."""
        return self.train.labels.ndim > 1


def load_data(config):
    """Returns the splits that `config.dataset` names, decoded.

    Runs of one process that use the same data share them.

    Raises:
        InputError: the data set cannot be used, see `find_builder`; or the
            batch is larger than the training split.
    """
    builder = find_builder(config)
    dataset = config.dataset
    splits = find_splits(builder, dataset)
    path, names = str(builder.data_path), tuple(splits.values())
    feature = input_feature(builder)
    _check_settings(builder.name, feature, dataset)
    if feature == "text":
        data = _read_texts(path, names, dataset.window)
        _check_batch(config.batch_size, len(data.train.labels), builder, names)
        return data
    # Checked before a long decoding.
    count = builder.info.splits[names[0]].num_examples
    _check_batch(config.batch_size, count, builder, names)
    return _decode(
        path, names, feature, dataset.image_size, dataset.pooling, dataset.view
    )


def _check_batch(batch_size, count, builder, splits):
    if not 1 <= batch_size <= count:
        raise InputError(
            f"batch_size must be 1 to {count}, the examples in split "
            f"{splits[0]!r} of {builder.name!r}. Received: {batch_size}."
        )


def _check_settings(name, feature, dataset):
    find_view(dataset.view)
    resized = dataset.image_size or dataset.pooling != 1
    if (resized and feature != "image") or (dataset.view and feature == "text"):
        raise InputError(
            f"Data set {name!r} has no images. Received: "
            f"dataset.image_size={dataset.image_size}, dataset.pooling="
            f"{dataset.pooling}, dataset.view={dataset.view!r}. Leave them at "
            "0, 1 and ''; a set of signals has views, too."
        )


@functools.lru_cache(maxsize=2)
def _read_texts(data_path, splits, window):
    with opened(data_path):
        builder = tfds.builder_from_directory(data_path)
        read = {split: texts.read(builder, split) for split in splits}
    vocabulary = texts.characters(read[splits[0]])
    examples = []
    for split in splits:
        codes = texts.encode(read[split], vocabulary, split)
        examples.append(Examples(*texts.windows(codes, window)))
    return Data(*examples, num_classes=len(vocabulary))


@functools.lru_cache(maxsize=2)
def _decode(data_path, splits, feature, image_size, pooling, view):
    with opened(data_path):
        builder = tfds.builder_from_directory(data_path)
    features = builder.info.features
    shape = features[feature].shape
    if None in shape and not image_size:
        raise InputError(
            f"Images of {builder.name!r} have shape {shape}: they differ in "
            "size. Set --config.dataset.image_size=PIXELS to resize them to a "
            "square."
        )
    num_classes = features["label"].num_classes
    decoded = []
    for split in splits:
        with opened(data_path):
            inputs, labels = _decode_split(builder, split, feature, image_size)
        where = f"Split {split!r} of {builder.name!r}"
        check_examples(where, inputs, labels, num_classes)
        if feature == "image":
            inputs = pool(inputs, pooling)
        decoded.append(Examples(find_view(view)(inputs), labels))
    return Data(*decoded, num_classes)


def _decode_split(builder, split, feature, image_size):
    def select(example):
        image = example[feature]
        if image_size:
            image = tf.image.resize(image, (image_size, image_size))
            image = tf.cast(tf.round(image), tf.uint8)
        return image, example["label"]

    dataset = builder.as_dataset(split=split).map(
        select, num_parallel_calls=tf.data.AUTOTUNE
    )
    dataset = untuned(dataset.batch(_DECODE_BATCH))
    batches = dataset.as_numpy_iterator()
    total = -(-builder.info.splits[split].num_examples // _DECODE_BATCH)
    if total > 10:
        text = f"Decoding {builder.name} {split}"
        batches = rich.progress.track(batches, text, total, transient=True)
    inputs, labels = zip(*batches, strict=True)
    return np.concatenate(inputs), np.concatenate(labels)
