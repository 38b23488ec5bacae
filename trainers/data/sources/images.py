"""Folders of images, in the size that a model takes."""

import numpy as np
import tensorflow as tf

from ...common.errors import InputError
from ..pipeline import untuned
from ..reading import first_line
from . import batches
from .image_files import listed, splits_of


def of_folder(path, name, signature, options):
    """Returns split -> `Examples`.

    Images are float32 with values from 0 to 255, as
    `keras.utils.image_dataset_from_directory` makes them.

    Args:
        path: a `pathlib.Path`, of a folder `CLASS/IMAGE`, `SPLIT/CLASS/IMAGE`,
            or with images and a `labels.csv` of the columns `file` and
            `label`, in it or in each split.
        name: what it is called, for messages.
        signature: the `Signature` of the model.
        options: the `Options`.

    Raises:
        InputError: there are no images, one cannot be read, or the model takes
            none.
    """
    shape = _shape(signature)
    found = {}
    for split, folder in splits_of(path).items():
        if split != "train" and options.most:
            continue
        files, labels = listed(folder)
        if options.most and len(files) > options.most:
            # The files are in the order of their classes.
            rows = np.linspace(0, len(files) - 1, options.most).astype(int)
            files, labels = [files[i] for i in rows], labels[rows]
        each = _images(files, shape)
        images = batches.joined(each, name, options, len(files))
        found[split] = images._replace(labels=labels)
    return found


def _shape(signature):
    """Returns height, width and channels; None where any size will do."""
    if not signature.tensors:
        return None, None, 3
    shape = signature.tensors[0].shape[1:]
    fits = len(shape) == 3 and shape[2] in (None, 1, 3, 4)
    if len(signature.tensors) > 1 or not fits:
        raise InputError(
            f"The model takes examples of shape {shape}. Expected, for a "
            "folder of images: one input, (height, width, channels), with 1, 3 "
            "or 4 channels."
        )
    return shape[0], shape[1], shape[2] or 3


def _images(files, shape):
    """Yields arrays of one image each."""
    *size, channels = shape

    def load(path):
        image = tf.io.decode_image(
            tf.io.read_file(path), channels, expand_animations=False
        )
        image.set_shape((None, None, channels))
        if None in size:
            return tf.cast(image, tf.float32)
        return tf.image.resize(image, size)

    dataset = tf.data.Dataset.from_tensor_slices([str(file) for file in files])
    dataset = untuned(dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE))
    images, count, first = dataset.as_numpy_iterator(), 0, None
    while count < len(files):
        try:
            image = next(images)
        except tf.errors.OpError as error:
            raise InputError(
                f"The image {files[count]} cannot be read: {first_line(error)}"
            ) from error
        first = image.shape if first is None else first
        if image.shape != first:
            raise InputError(
                f"The image {files[count]} has shape {image.shape} and the "
                f"first one {first}, and the model takes any size. Resize "
                "them, or give the model a fixed size: keras.Input((96, 96, "
                "3))."
            )
        yield image[np.newaxis]
        count += 1
