"""Arrays of the user's own, checked."""

import numpy as np

from ..common.errors import InputError
from . import nested, scaling
from .disk.pieces import pieces
from .disk.piles import converted

SPLITS = ("train", "validation", "test")
#: What there is of each split: the names of arrays begin with it.
KINDS = ("x", "y", "sample_weight")


def check(arrays, where):
    """Returns arrays as they are kept, or says what is wrong.

    Numbers stay what they are: inputs of `scaling.SMALL` types as they are,
    integers of a text's kind (int32 and int64) and whole labels as int64, and
    others as float32. Nothing is scaled. Inputs may be texts or their bytes in
    UTF-8, for a model that has layers for them. What has another type and is
    large is on the disk.

    Args:
        arrays: dict, `"x_train"`, `"y_train"`, and the same with `validation`
            and `test` if there are such splits -> an array; perhaps weights as
            `"sample_weight_train"` and so on. Inputs and labels may be
            several, see `nested`.
        where: what the arrays are called, for messages.

    Raises:
        InputError: one is missing, not of numbers, not finite, or does not fit
            another one.
    """
    found = {}
    for split in SPLITS:
        x, y = (arrays.get(f"{kind}_{split}") for kind in "xy")
        if x is None and y is None and split != "train":
            continue
        if x is None or y is None:
            raise InputError(
                f"{where} needs both x_{split} and y_{split}. Received: "
                f"{', '.join(arrays) or 'nothing'}."
            )
        found[f"x_{split}"] = checked_inputs(x, f"x_{split}")
        found[f"y_{split}"] = nested.each_named(_numbers, y, f"y_{split}")
        name = f"sample_weight_{split}"
        if arrays.get(name) is not None:
            found[name] = nested.each_named(_weights, arrays[name], name)
        _check_counts(found, split)
    _check_alike(found)
    _check_labels_differ(found["y_train"])
    return found


def checked_inputs(x, name):
    """Returns inputs as they are kept; `check` for these alone.

    Args:
        x: an array, or several.
        name: of them, for messages.

    Raises:
        InputError: they are no good.
    """
    return nested.each_named(_values, x, name)


def _values(values, name):
    """Returns an array of inputs: numbers, or texts."""
    values = np.asarray(values)
    if values.dtype.kind == "S":
        values = _decoded(values, name)
    return values if values.dtype.kind == "U" else _numbers(values, name)


def _decoded(values, name):
    try:
        return np.char.decode(values, "utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} holds bytes that are not texts in UTF-8: "
            f"{error.object[:20]!r}. Decode them with the encoding that they "
            'have, such as np.char.decode(x, "latin-1").'
        ) from error


def _weights(values, name):
    """Returns the weights of examples."""
    values = converted(_numbers(values, name), np.float32)
    if values.min(initial=0) < 0 or not values.any():
        raise InputError(
            f"{name} ranges from {values.min():g} to {values.max():g}. "
            "Expected: weights of at least 0, and one above 0."
        )
    return values


def _numbers(values, name):
    values = np.asarray(values)
    is_number = values.dtype == bool or np.issubdtype(values.dtype, np.number)
    if not is_number or np.iscomplexobj(values):
        raise InputError(
            f"{name} holds no numbers. Received: an array of type "
            f"{values.dtype}. Encode texts and categories before they reach "
            "the model, or with layers of the model."
        )
    if not values.ndim:
        raise InputError(
            f"{name} is a single number, {values}. Expected: an array with an "
            "entry for each example."
        )
    values = converted(values, _kept(values.dtype, name))
    if values.dtype.kind == "f":
        _check_finite(values, name)
    return values


def _kept(dtype, name):
    """Returns the type that numbers are kept in."""
    is_label = name.startswith("y")
    if not is_label and dtype.name in scaling.SMALL:
        return dtype
    is_code = is_label or dtype in (np.int32, np.int64)
    whole = dtype.kind in "biu"
    return np.dtype(np.int64 if whole and is_code else np.float32)


def _check_finite(values, name):
    count, first, start = 0, None, 0
    for piece in pieces(values):
        rows = np.argwhere(~np.isfinite(piece))[:, 0]
        if len(rows) and first is None:
            first = start + rows[0]
        count, start = count + len(rows), start + len(piece)
    if count:
        raise InputError(
            f"{name} holds numbers that are not finite: {count} of "
            f"{values.size}, the first one in example {first}. Leave such "
            "examples out, or fill them in."
        )


def _check_counts(arrays, split):
    labels = f"y_{split}"
    count = nested.count_of(arrays[labels])
    names = (f"{kind}_{split}" for kind in KINDS)
    for each in filter(arrays.__contains__, names):
        for name, leaf in nested.named(arrays[each], each):
            if len(leaf) != count or not count:
                raise InputError(
                    f"{name} has {len(leaf)} examples and {labels} has "
                    f"{count}. Expected: the same number of both, at least one."
                )


def _check_labels_differ(labels):
    leaves = [leaf for _, leaf in nested.named(labels, "y_train")]
    if all((x == leaf[0]).all() for leaf in leaves for x in pieces(leaf)):
        raise InputError(
            f"All labels in y_train are the same: {leaves[0][0].tolist()}. "
            "There is nothing to learn."
        )


def _check_alike(arrays):
    for kind in "xy":
        first = dict(nested.named(arrays[f"{kind}_train"], ""))
        for split in SPLITS[1:]:
            name = f"{kind}_{split}"
            for entry, leaf in nested.named(arrays.get(name, ()), ""):
                _check_same(leaf, first.get(entry), f"{kind}_train", name)


def _check_same(leaf, first, first_name, name):
    shape, first_shape = leaf.shape[1:], getattr(first, "shape", (None,))[1:]
    dtype, first_dtype = (_kind(each) for each in (leaf, first))
    if (shape, dtype) != (first_shape, first_dtype):
        raise InputError(
            f"{name} has examples of shape {shape} and type {dtype}, but "
            f"{first_name} of shape {first_shape} and type {first_dtype}. "
            "Expected: the same."
        )


def _kind(array):
    """Returns the name of the type that models see; all texts have one."""
    dtype = getattr(array, "dtype", np.dtype(object))
    if dtype.kind == "U":
        return "text"
    return "float32" if dtype.name in scaling.SMALL else dtype.name
