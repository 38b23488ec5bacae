"""Which kind of data is given, and its splits."""

import keras
import tensorflow as tf

from ...common.errors import InputError
from ..arrays import SPLITS
from . import batches
from .labels import numbered
from .options import Options
from .signature import Signature, as_array, as_given

_EXPECTED = (
    "a pair of arrays, inputs and labels; a tf.data.Dataset or a "
    "keras.utils.PyDataset of such pairs"
)
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
    for split in SPLITS:
        if given.get(split) is None:
            continue
        x, y = _read(given[split], split, signature, options)
        if y is None:
            raise InputError(f"`{split}` has no labels. Expected: {_EXPECTED}.")
        if isinstance(y, dict):
            raise InputError(
                f"The labels of `{split}` are a dict. Expected: one array, for "
                "the model's one output."
            )
        found[f"x_{split}"] = signature.packed(x, f"x_{split}")
        found[f"y_{split}"] = as_array(y, f"y_{split}")
    return numbered(found)


def find_examples(model, given, options=_ALL):
    """Returns inputs and labels of one kind of data; no labels are None.

    Args:
        model, given, options: as of `find_arrays`; inputs alone are enough.
    """
    signature = Signature(model)
    x, y = _read(given, "data", signature, options, labels=False)
    y = None if y is None else as_given(y, "the labels")
    return signature.packed(x, "the inputs"), y


def _read(given, name, signature, options, labels=True):
    """Returns inputs and labels, or None, as they come."""
    for kind, reader in _READERS.items():
        if isinstance(given, kind):
            return reader(given, name, signature, options)
    if hasattr(given, "__next__"):
        raise InputError(
            f"`{name}` is a generator, which can be read once and may never "
            f"end. Expected: {_EXPECTED}."
        )
    is_pair = isinstance(given, tuple) or (labels and isinstance(given, list))
    if is_pair and len(given) == 2:
        return given
    if not labels:
        return given, None
    raise InputError(
        f"`{name}` must be {_EXPECTED}. Received: {type(given).__name__}."
    )


#: Class -> function of an instance, what it is called, the `Signature` and
#: the `Options`.
_READERS = {
    tf.data.Dataset: batches.of_dataset,
    keras.utils.PyDataset: batches.of_py_dataset,
}
