"""Data that come in batches, read once."""

import contextlib
import functools

import keras
import rich.progress
import tensorflow as tf

from ...common.errors import InputError
from ..disk.pieces import fits
from ..disk.piles import Pile
from ..disk.scratch import check_room, folder
from ..examples import Examples
from ..reading import first_line
from .conversion import as_array

_BATCH = 256
#: Data of fewer batches are read before anyone looks for a progress bar.
_SHOWN_FROM = 10


def of_dataset(dataset, name, signature, options):
    """Returns what a `tf.data.Dataset` holds, examples or batches of them.

    Args:
        dataset: of inputs and labels and perhaps weights, or inputs alone.
        name: of it, for messages.
        signature: the `Signature` of the model.
        options: the `Options`.

    Returns:
        `"train"` -> `Examples` in the structure of its elements; labels and
        weights are None where it has none.

    Raises:
        InputError: it never ends, or cannot be put into arrays.
    """
    endless = dataset.cardinality() == tf.data.INFINITE_CARDINALITY
    if endless and not options.most:
        raise InputError(
            f"`{name}` is a tf.data.Dataset that never ends. Take an epoch of "
            "it, `dataset.take(steps)`, or leave out `repeat()`."
        )
    spec = dataset.element_spec
    _check_dense(spec, name)
    x, *_ = _parts(spec, name)
    if not _is_batch(x, name, signature):
        dataset = dataset.batch(_BATCH)
    elements = _errors_of(dataset.as_numpy_iterator(), name)
    total = dataset.cardinality()
    total = int(total) if total > 0 else None
    return {"train": joined(elements, name, options, total)}


def of_py_dataset(dataset, name, signature, options):
    """Does the same for a `keras.utils.PyDataset`, whose items are batches."""
    del signature
    try:
        count = dataset.num_batches
    except NotImplementedError:
        count = None
    if count is None:
        raise InputError(
            f"`{name}` is a {type(dataset).__name__} without a length: it "
            "never ends. Give it a `__len__` that returns the number of its "
            "batches."
        )
    elements = (dataset[i] for i in range(count))
    return {"train": joined(elements, name, options, count)}


def _parts(element, name):
    """Returns a tuple of what a data set yields: inputs, labels, weights."""
    if not isinstance(element, tuple):
        return (element,)
    if not 1 <= len(element) <= 3:
        raise InputError(
            f"`{name}` yields tuples of {len(element)} entries. Expected: "
            "pairs of inputs and labels, or these and the weights of "
            "examples. Change it with `map`."
        )
    while len(element) > 1 and element[-1] is None:
        element = element[:-1]
    return tuple(map(_given, element))


def _given(part):
    """Returns a part of a tuple without what is None, such as labels."""
    if not isinstance(part, dict):
        return part
    return {key: each for key, each in part.items() if each is not None}


def _check_dense(spec, name):
    for each in keras.tree.flatten(spec):
        if not isinstance(each, tf.TensorSpec):
            raise InputError(
                f"`{name}` yields a {type(each).__name__[:-4]}. Expected: "
                "dense tensors. Convert it with `map`, by to_tensor() or "
                "tf.sparse.to_dense()."
            )


def _is_batch(x, name, signature):
    """Whether the elements of a data set are batches, and no examples.

    Args:
        x: specs of the inputs.
        name: of the data set, for messages.
        signature: the `Signature` of the model, which tells.
    """
    if not signature.tensors:
        return True
    spec = signature.taken_apart(x, name)[0]
    if spec.shape.rank is None:
        return True
    expected = signature.tensors[0].shape
    if spec.shape.rank == len(expected):
        return True
    # Keras lets an axis of size 1 at the end be left out.
    bare = spec.shape.rank == len(expected) - 1 and expected[-1] == 1
    return bare and spec.shape[-1:] != [1]


def _errors_of(iterator, name):
    """Yields what an iterator does; its errors are the user's to fix."""
    try:
        yield from iterator
    except tf.errors.OpError as error:
        line = first_line(error)
        raise InputError(
            f"`{name}` cannot be read: {line}. Its examples must have one "
            "shape; pad or resize them."
        ) from error


def joined(elements, name, options, total=None):
    """Returns the `Examples` of all batches, one behind the other.

    Those that are larger than memory has room for are on the disk, see
    `disk.piles`.

    Args:
        elements: what a data set yields.
        name: of it, for messages.
        options: the `Options`.
        total: how many batches there are, where it is known.
    """
    piles, count = None, 0
    with contextlib.ExitStack() as stack:
        for i, element in enumerate(
            shown(elements, f"Reading {name}", total), 1
        ):
            part = keras.tree.map_structure(
                functools.partial(as_array, name=name, first=count),
                _parts(element, name),
            )
            if piles is None:
                piles = keras.tree.map_structure(
                    lambda x: stack.enter_context(Pile()), part
                )
            with _differing(name):
                keras.tree.map_structure(Pile.add, piles, part)
            _spill(keras.tree.flatten(piles), total and total / i)
            count += len(keras.tree.flatten(part)[0])
            if options.most and count >= options.most:
                break
        if piles is None:
            raise InputError(
                f"`{name}` holds no batch. Expected: at least one."
            )
        x, *others = keras.tree.map_structure(Pile.array, piles)
    return Examples(x, *(others or [None]))


def _spill(piles, times):
    """Moves what has come to the disk if memory has no room for it.

    Args:
        piles: of all arrays.
        times: how many times as much there will be; None: not known.
    """
    size = sum(pile.size for pile in piles)
    if fits(size) or all(pile.is_spilled for pile in piles):
        return
    check_room(folder(), size * (times or 1))
    for pile in piles:
        pile.spill()


def shown(elements, text, total):
    """Yields elements, with a progress bar if there may be many.

    Args:
        elements: what is read.
        text: for the bar.
        total: how many there are, or None.
    """
    if total is not None and total < _SHOWN_FROM:
        return elements
    return rich.progress.track(elements, text, total, transient=True)


@contextlib.contextmanager
def _differing(name):
    """Says what is wrong where batches do not fit each other."""
    try:
        yield
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"The batches of `{name}` have examples of different shapes. Pad "
            f"or resize them: {error}"
        ) from error
