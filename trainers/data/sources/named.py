"""Data sets of TFDS by their names, with the values that they have."""

from typing import NamedTuple

import tensorflow as tf

from ...common.errors import InputError
from .. import datasets
from ..arrays import SPLITS
from ..pipeline import untuned
from ..reading import records
from . import batches

#: What stands for inputs and labels in sets that do not say it.
_USUAL = (("image", "label"), ("signal", "label"))
_BATCH = 256


class _Named(NamedTuple):
    """What `datasets.prepared` looks at."""

    name: str
    data_dir: str
    download: bool | None = None


def of_name(name, what, signature, options):
    """Returns split -> `Examples`, of the set's own splits.

    Nothing is scaled. Images of several sizes are resized to the model's.

    Args:
        name: of a TFDS set, such as `"mnist"`.
        what: it is called, for messages.
        signature: the `Signature` of the model.
        options: the `Options`.

    Raises:
        InputError: there is no such set, it is not prepared, or has no labels.
    """
    builder = datasets.prepared(_Named(name, options.data_dir or ""))
    keys = _keys(builder)
    if "train" not in builder.info.splits:
        raise InputError(
            f"Data set {name!r} has no split 'train'. It has: "
            f"{', '.join(builder.info.splits)}."
        )
    splits = [split for split in SPLITS if split in builder.info.splits]
    if options.most:
        splits = ["train"]
    pick = _picked(builder, keys, signature)
    with records(builder.data_path):
        return {
            split: _read(builder, split, pick, what, options)
            for split in splits
        }


def _read(builder, split, pick, what, options):
    dataset = builder.as_dataset(split=split).map(
        pick, num_parallel_calls=tf.data.AUTOTUNE
    )
    for spec in tf.nest.flatten(dataset.element_spec):
        if not getattr(spec, "shape", tf.TensorShape(None)).is_fully_defined():
            raise InputError(
                f"Examples of {builder.name!r} differ in size: {spec}. Pass a "
                "tf.data.Dataset of pairs that are resized or padded."
            )
    batched = untuned(dataset.batch(_BATCH)).as_numpy_iterator()
    total = -(-builder.info.splits[split].num_examples // _BATCH)
    return batches.joined(batched, what, options, total)


def _keys(builder):
    features, keys = builder.info.features, builder.info.supervised_keys
    usual = [pair for pair in _USUAL if set(pair) <= set(features)]
    keys = keys or (usual[0] if usual else None)
    flat = keys and all(isinstance(key, str) for key in keys)
    if not flat or len(keys) != 2 or keys[0] == keys[1]:
        raise InputError(
            f"Data set {builder.name!r} does not say what its inputs and "
            f"labels are. It has: {', '.join(features)}. Pass a "
            "tf.data.Dataset of pairs: tfds.load(...).map(...)."
        )
    return keys


def _picked(builder, keys, signature):
    """Returns a function of an example of a set that returns a pair."""
    x, y = keys
    shape = builder.info.features[x].shape
    sizes = signature.tensors and signature.tensors[0].shape[1:3]
    is_resized = len(shape) == 3 and None in shape[:2] and None not in sizes

    def pick(example):
        inputs = example[x]
        if is_resized:
            inputs = tf.image.resize(inputs, sizes)
        return inputs, example[y]

    return pick
