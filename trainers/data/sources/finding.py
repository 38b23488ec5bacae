"""Which kind of data is given, and its splits."""

import pathlib
import re

import keras
import tensorflow as tf

from ...common.errors import InputError
from ...common.paths import user_path
from .. import array_files
from ..arrays import SPLITS
from ..examples import Examples
from . import batches, frames, images, named, tables
from .labels import numbered
from .options import Options
from .outputs import Outputs
from .signature import Signature

_EXPECTED = (
    "a pair of arrays, inputs and labels, or these and the weights of "
    "examples; a tf.data.Dataset or a "
    "keras.utils.PyDataset of such pairs; a frame; the path of a .npz, .csv or "
    ".parquet file or of a folder of images; or a name of TFDS"
)
_TFDS_NAME = re.compile(r"[A-Za-z]\w*(/[\w.-]+)*(:[\w.*]+)?")
_ALL = Options()


def find_arrays(model, given, options=_ALL):
    """Returns the arrays of all splits, as `arrays.check` takes them.

    Args:
        model: a Keras model, which says what it takes.
        given: split -> what a user has passed, or None. That of `"train"` may
            hold other splits, too.
        options: the `Options`.

    Raises:
        InputError: something of it cannot be read, or does not fit the model.
    """
    signature, found = Signature(model), {}
    outputs = Outputs(model, options.unlabeled)
    for split, read in _splits(given, signature, options).items():
        if read.labels is None:
            raise InputError(f"`{split}` has no labels. Expected: {_EXPECTED}.")
        found[f"x_{split}"] = signature.packed(read.inputs, f"x_{split}")
        found[f"y_{split}"] = outputs.labels(read.labels, f"y_{split}")
        if read.weights is not None:
            name = f"sample_weight_{split}"
            found[name] = outputs.weights(read.weights, name)
    return numbered(found)


def find_examples(model, given, options=_ALL):
    """Returns inputs and labels of training data; no labels are None.

    Args:
        model, given, options: as of `find_arrays`; inputs alone are enough.
    """
    signature = Signature(model)
    read = _read(given, "data", signature, options, labels=False)["train"]
    x = signature.packed(read.inputs, "x")
    if read.labels is None:
        return x, None
    y = Outputs(model, options.unlabeled).labels(read.labels, "y")
    return x, numbered({"y_train": y})["y_train"]


def _splits(given, signature, options):
    """Returns split -> `Examples` as they come, of all splits."""
    found = _read(given["train"], "train", signature, options)
    for split in SPLITS[1:]:
        if given.get(split) is None:
            continue
        read = _read(given[split], split, signature, options)
        if split in found or len(read) > 1:
            held = ", ".join(found if split in found else read)
            raise InputError(
                f"`{split}` is given twice, or is several splits. Received: "
                f"data with the splits {held}. Pass data with splits as "
                "`train` alone."
            )
        found[split] = read["train"]
    return {split: found[split] for split in SPLITS if split in found}


def _read(given, name, signature, options, labels=True):
    """Returns split -> `Examples` as they come; labels may be None."""
    in_frames = labels or options.label is not None
    reader, source = _reader(given, in_frames)
    if options.label is not None and reader not in _TABLES:
        raise InputError(
            f"`label` names a column of a table, but `{name}` is not one. "
            f"Received: label={options.label!r}."
        )
    if reader:
        return reader(source, name, signature, options)
    if hasattr(given, "__next__"):
        raise InputError(
            f"`{name}` is a generator, which can be read once and may never "
            f"end. Expected: {_EXPECTED}."
        )
    is_pair = isinstance(given, tuple) or (labels and isinstance(given, list))
    if is_pair and len(given) in (2, 3):
        return {"train": Examples(*given)}
    if not labels:
        return {"train": Examples(given, None)}
    raise InputError(
        f"`{name}` must be {_EXPECTED}. Received: {type(given).__name__}."
    )


#: Those that look at `Options.label`.
_TABLES = (tables.of_table, tables.of_frame)


def _reader(given, in_frames):
    """Returns a function that reads what is given, and what it reads.

    Args:
        given: what a user has passed.
        in_frames: whether a frame holds labels.
    """
    if isinstance(given, (str, pathlib.Path)):
        return _reader_of_path(given)
    if isinstance(given, tf.data.Dataset):
        return batches.of_dataset, given
    if isinstance(given, keras.utils.PyDataset):
        return batches.of_py_dataset, given
    if frames.is_frame(given) and in_frames:
        return tables.of_frame, given
    return None, given


def _reader_of_path(given):
    path = user_path(given, "data")
    if path.is_dir():
        return images.of_folder, path
    if path.suffix.lower() == array_files.SUFFIX:
        return _of_array_file, path
    if path.suffix.lower() in (".csv", ".tsv", ".parquet"):
        return tables.of_table, path
    if isinstance(given, str) and _TFDS_NAME.fullmatch(given):
        return named.of_name, given
    raise InputError(
        f"There is no file or folder {path}. Expected: {_EXPECTED}."
    )


def _of_array_file(path, name, signature, options):
    del name, signature, options
    return array_files.splits_of(array_files.read(path))
