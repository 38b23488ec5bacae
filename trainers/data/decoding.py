"""From a prepared TFDS set with labels to arrays, decoded once."""

import functools

import numpy as np
import rich.progress
import tensorflow as tf

from . import scaling
from .checks import check_examples, check_range, check_signs
from .examples import Data, Examples
from .features import check_sizes
from .pipeline import untuned
from .reading import described, records
from .views import check_pooling, find_view, pool

_BATCH = 512

#: Sets of fewer batches are decoded before anyone looks for a progress bar.
_SHOWN_FROM = 10


@functools.lru_cache(maxsize=2)
def decode(data_path, splits, feature, image_size, pooling, view):
    """Returns the `Data` of a set of images or signals; equal calls share it.

    Args:
        data_path: folder of the prepared set.
        splits: TFDS' strings for train, validation and test.
        feature: `"image"` or `"signal"`.
        image_size, pooling, view: as in `config.dataset`.

    Raises:
        InputError: the files cannot be read, or the values trained with.
    """
    builder = described(data_path)
    features = builder.info.features
    dtype, is_image = features[feature].np_dtype, feature == "image"
    if is_image:
        shape = features[feature].shape
        check_sizes(builder.name, shape, image_size)
        sides = (image_size, image_size) if image_size else shape[:2]
        check_pooling(*sides, pooling)
    decoded = []
    for split in splits:
        inputs, labels = _read(builder, split, feature, image_size)
        where = f"Split {split!r} of {builder.name!r}"
        check_examples(where, inputs, labels, features["label"].num_classes)
        if is_image:
            check_signs(where, inputs, dtype)
            inputs = pool(inputs, pooling)
        if split == splits[0]:
            check_range(where, inputs, dtype)
        decoded.append(Examples(find_view(view)(inputs), labels))
    bounds = None
    if is_image:
        bounds = scaling.image_bounds(*(split.inputs for split in decoded))
    return Data(*decoded, features["label"].num_classes, bounds)


def _read(builder, split, feature, image_size):
    # AutoGraph would take longer to rewrite it than TensorFlow to read digits.
    @tf.autograph.experimental.do_not_convert
    def select(example):
        inputs = scaling.stored(example[feature])
        if feature == "image":
            inputs = _as_image(inputs, image_size)
        return inputs, example["label"]

    with records(builder.data_path):
        dataset = builder.as_dataset(split=split).map(
            select, num_parallel_calls=tf.data.AUTOTUNE
        )
        batches = untuned(dataset.batch(_BATCH)).as_numpy_iterator()
        total = -(-builder.info.splits[split].num_examples // _BATCH)
        if total > _SHOWN_FROM:
            text = f"Decoding {builder.name} {split}"
            batches = rich.progress.track(batches, text, total, transient=True)
        inputs, labels = zip(*batches, strict=True)
    return np.concatenate(inputs), np.concatenate(labels)


def _as_image(image, size):
    if image.shape.rank == 2:
        image = image[..., tf.newaxis]
    if size:
        resized = tf.image.resize(image, (size, size))
        image = scaling.as_before(resized, image.dtype)
    return image
