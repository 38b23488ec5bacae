"""What GANs see of examples: values in [-1, 1], where generators make theirs.

`trainers.data.scaling` says what examples hold in memory and what other models
see; images of those are in [0, 1], the points of a mixture in [-1, 1].
"""

import tensorflow as tf

from ..common.errors import InputError
from ..data import pipeline, scaling


def check(data):
    """Raises `InputError` unless a GAN can make values like those of `data`."""
    if data.bounds is None:
        low, high = data.train.inputs.min(), data.train.inputs.max()
        raise InputError(
            "A GAN makes images, of floats in [0, 1] or of integers. Received: "
            f"examples of type {data.train.inputs.dtype} from {low} to {high}. "
            "Scale them when the data set is made."
        )


def training_batches(data, labeled, *args, **kwargs):
    """Returns batches as `pipeline.training_batches`, in [-1, 1].

    Args:
        data: `Data`.
        labeled: whether there are labels; if not, batches are inputs alone.
        *args, **kwargs: of `pipeline.training_batches`.
    """

    def signed(inputs, labels):
        inputs = _signed(inputs, data.bounds)
        return (inputs, tf.cast(labels, tf.int32)) if labeled else inputs

    return pipeline.training_batches(data.train, *args, **kwargs).map(signed)


def examples(data, split):
    """Returns the examples of a split, a NumPy array in [-1, 1].

    Args:
        data: `Data`.
        split: `"train"`, `"validation"` or `"test"`.
    """
    inputs = getattr(data, split).inputs
    return _signed(scaling.seen(inputs), data.bounds)


def to_unit(examples):
    """Maps images from [-1, 1] to [0, 1], where classifiers see them."""
    return (examples + 1) / 2


def _signed(inputs, bounds):
    """Maps what other models see to [-1, 1]."""
    return inputs if bounds == (-1, 1) else inputs * 2 - 1
