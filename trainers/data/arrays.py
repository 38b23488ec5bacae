"""Arrays of the user's own, in a file of NumPy's."""

import functools
import hashlib

import numpy as np

from ..common.errors import InputError
from .examples import Data, Examples
from .splitting import draw

#: What the name of such a data set ends with.
SUFFIX = ".npz"
#: Share of the examples that is held out where a split is not given.
HELD_OUT = 0.2

_SPLITS = ("train", "validation", "test")


def check(arrays, where):
    """Returns arrays as they are kept in memory, or says what is wrong.

    Numbers stay what they are, as float32; integers of a text's kind (int32
    and int64) as int64. Nothing is scaled.

    Args:
        arrays: dict, `"x_train"`, `"y_train"`, and the same with `validation`
            and `test` if there are such splits -> an array.
        where: what the arrays are called, for messages.

    Raises:
        InputError: one is missing, not of numbers, not finite, or does not fit
            another one.
    """
    found = {}
    for split in _SPLITS:
        x, y = (arrays.get(f"{kind}_{split}") for kind in "xy")
        if x is None and y is None and split != "train":
            continue
        if x is None or y is None:
            raise InputError(
                f"{where} needs both x_{split} and y_{split}. Received: "
                f"{', '.join(arrays) or 'nothing'}."
            )
        x, y = _numbers(x, f"x_{split}"), _numbers(y, f"y_{split}")
        if len(x) != len(y) or not len(x):
            raise InputError(
                f"x_{split} has {len(x)} examples and y_{split} has {len(y)}. "
                "Expected: as many of both, and one at least."
            )
        found |= {f"x_{split}": x, f"y_{split}": y}
    _check_alike(found)
    labels = found["y_train"]
    if (labels == labels[0]).all():
        raise InputError(
            f"All labels in y_train are the same: {labels[0].tolist()}. There "
            "is nothing to learn."
        )
    return found


def load(path, split_seed):
    """Returns the `Data` of arrays in a file.

    It holds `x_train` and `y_train`, and the same of `validation` and `test`
    where these are given. A fifth of the examples is held out for what is not
    given, stratified by the labels where they are whole numbers: the same ones
    for a test split, others for each `split_seed` for a validation split.

    Args:
        path: of the `.npz` file, which nobody changes.
        split_seed: from 0; -1 is as good as 0.
    """
    return _loaded(str(path), max(split_seed, 0))


# Two at a time: the one that is checked with, and a run's own.
@functools.lru_cache(maxsize=2)
def _loaded(path, split_seed):
    splits = dict(_given(path))
    if "test" not in splits:
        splits["train"], splits["test"] = _parted(splits["train"], 0)
    if "validation" not in splits:
        splits["train"], splits["validation"] = _parted(
            splits["train"], split_seed
        )
    labels = [splits[name].labels for name in _SPLITS]
    whole = np.issubdtype(labels[0].dtype, np.integer)
    count = 1 + max(int(some.max()) for some in labels) if whole else 0
    return Data(*(splits[name] for name in _SPLITS), num_classes=count)


def read(path):
    """Returns the arrays in a `.npz` file, checked.

    Raises:
        InputError: it cannot be read, or the arrays are no good.
    """
    try:
        with np.load(path) as file:
            found = {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise InputError(
            f"The arrays {path} cannot be read: {error}."
        ) from error
    return check(found, str(path))


@functools.lru_cache(maxsize=1)
def _given(path):
    found = read(path)
    return {
        split: Examples(found[f"x_{split}"], found[f"y_{split}"])
        for split in _SPLITS
        if f"x_{split}" in found
    }


def digest(arrays):
    """Returns a text that tells the contents of arrays apart."""
    found = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        found.update(f"{name} {array.dtype} {array.shape}".encode())
        found.update(np.ascontiguousarray(array))
    return found.hexdigest()[:12]


def _parted(examples, seed):
    """Returns the larger and the smaller part of examples."""
    count = len(examples.labels)
    most = count - round(HELD_OUT * count)
    if not 0 < most < count:
        raise InputError(
            f"{count} examples are too few to hold some out. Pass more, or "
            "validation and test data."
        )
    labels = examples.labels
    one_class = labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)
    rows = draw(labels if one_class else np.zeros(count, int), most, seed)
    return tuple(Examples(*(x[some] for x in examples)) for some in rows)


def _numbers(values, name):
    values = np.asarray(values)
    is_number = values.dtype == bool or np.issubdtype(values.dtype, np.number)
    if not is_number or np.iscomplexobj(values):
        raise InputError(
            f"{name} holds no numbers. Received: an array of type "
            f"{values.dtype}. Encode texts and categories in front of the "
            "model, or by layers in it."
        )
    if not values.ndim:
        raise InputError(f"{name} is a single number, {values}.")
    whole = np.issubdtype(values.dtype, np.integer) or values.dtype == bool
    is_code = name.startswith("y") or values.dtype in (np.int32, np.int64)
    if whole and is_code:
        return values.astype(np.int64)
    values = values.astype(np.float32)
    finite = np.isfinite(values)
    if not finite.all():
        row = np.argwhere(~finite)[0, 0]
        raise InputError(
            f"{name} holds numbers that are not finite: {(~finite).sum()} of "
            f"{values.size}, the first one in example {row}. Leave such "
            "examples out, or fill them in."
        )
    return values


def _check_alike(arrays):
    for name, array in arrays.items():
        first = arrays[f"{name[0]}_train"]
        same = array.shape[1:] == first.shape[1:] and array.dtype == first.dtype
        if not same:
            raise InputError(
                f"{name} has examples of shape {array.shape[1:]} and type "
                f"{array.dtype}, but {name[0]}_train of shape "
                f"{first.shape[1:]} and type {first.dtype}. Expected: the same."
            )
