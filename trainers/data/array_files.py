"""Arrays of the user's own in files of NumPy's, and splits of them."""

import functools
import hashlib

import numpy as np

from ..common.errors import InputError
from ..common.files import replacing
from . import arrays, nested, scaling
from .disk import archives
from .disk.pieces import fits, pieces
from .disk.rows import Rows
from .examples import Data, Examples
from .splitting import draw

#: What the name of such a data set ends with.
SUFFIX = ".npz"
#: Share of the examples that is held out where a split is not given.
HELD_OUT = 0.2


def load(path, split_seed):
    """Returns the `Data` of arrays in a file.

    It holds `x_train` and `y_train`, and the same of `validation` and `test`
    where these are given; perhaps weights as `sample_weight_train`; of several
    inputs `x_train/NAME` and so on, of several outputs `y_train/NAME`. A fifth
    of the examples is held out for what is not given, stratified by the labels
    where they are whole numbers: the same ones for a test split, others for
    each `split_seed` for a validation split.

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
        splits["train"], splits["test"] = parted(splits["train"], 0)
    if "validation" not in splits:
        splits["train"], splits["validation"] = parted(
            splits["train"], split_seed
        )
    return Data(
        *(splits[name] for name in arrays.SPLITS),
        num_classes=_classes([splits[name].labels for name in arrays.SPLITS]),
    )


def _classes(labels):
    """Returns one more than the largest label; 0 where none are classes."""
    if not _are_classes(labels[0]):
        return 0
    return 1 + max(int(x.max()) for some in labels for x in pieces(some))


def _are_classes(labels):
    # Those of several outputs are several arrays.
    return np.issubdtype(getattr(labels, "dtype", object), np.integer)


def read(path):
    """Returns the arrays in a `.npz` file, checked.

    Raises:
        InputError: it cannot be read, or the arrays are no good.
    """
    return arrays.check(nested.unnamed(archives.read(path)), str(path))


# Whether they fit is decided once, so that all that trains together agrees.
@functools.lru_cache(maxsize=1)
def _given(path):
    found = read(path)
    if not fits(sum(x.nbytes for x in _flat(found).values())):
        found = {name: nested.each(Rows, x) for name, x in found.items()}
    return splits_of(found)


def splits_of(found):
    """Returns split -> `Examples`, of the splits that arrays hold.

    Args:
        found: from `arrays.check`.
    """
    return {
        split: Examples(
            *(found.get(f"{kind}_{split}") for kind in arrays.KINDS),
            prepare=scaling.as_given,
        )
        for split in arrays.SPLITS
        if f"x_{split}" in found
    }


def write(found, folder):
    """Writes arrays into a folder, unless they are there; returns the path.

    Args:
        found: from `arrays.check`.
        folder: a `pathlib.Path`.

    Raises:
        InputError: there is no room for them, or a file of their name holds
            others.
    """
    flat = _flat(found)
    digest = _digest(flat)
    path = folder / f"data-{digest}{SUFFIX}"
    if not path.exists():
        with replacing(path, "The data") as temporary:
            archives.write(temporary, flat)
    elif _digest(archives.read(path)) != digest:
        raise InputError(
            f"The data {path} are damaged: their contents do not match the "
            "name of the file. Remove the file, and the runs that were "
            "trained with it."
        )
    return path


def _flat(found):
    """Returns name -> array, of several inputs, labels or weights for each."""
    return dict(
        pair
        for name, each in found.items()
        for pair in nested.named(each, name)
    )


def _digest(flat):
    """Returns a text that tells the contents of arrays apart.

    It is that of what models see, whatever smaller type it is kept in.
    """
    found = hashlib.sha256()
    for name, array in sorted(flat.items()):
        dtype = scaling.as_given(array[:1]).dtype
        found.update(f"{name} {dtype} {array.shape}".encode())
        for piece in pieces(array):
            found.update(np.ascontiguousarray(scaling.as_given(piece)))
    return found.hexdigest()[:12]


def parted(examples, seed):
    """Returns the larger and the smaller part of examples.

    Args:
        examples: `Examples`.
        seed: of the draw, which is stratified by classes.

    Raises:
        InputError: there are too few.
    """
    labels, count = examples.labels, examples.count
    most = count - round(HELD_OUT * count)
    if not 0 < most < count:
        raise InputError(
            f"{count} examples are too few to hold some out. Pass more, or "
            "validation and test data."
        )
    one_class = _are_classes(labels) and labels.ndim == 1
    labels = np.asarray(labels) if one_class else np.zeros(count, int)
    rows = draw(labels, most, seed)
    return tuple(map(examples.taken, rows))
