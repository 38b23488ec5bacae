"""The classes that a user's model tells apart, if it has one label a row."""

import numpy as np

from .tasks import targets_of

_SPARSE = ("sparse_categorical_crossentropy",)
_ONE_HOT = (
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
)
_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")


def single_labels(model, inputs, labels):
    """Returns the numbers of classes, and what finds them in outputs.

    Args:
        model: compiled.
        inputs, labels: of the examples.

    Returns:
        The classes of the labels, how many there are, and a function of the
        model's outputs that returns the predicted ones. None if examples
        have no single label: the model has several outputs, or it is no
        classification.
    """
    targets = targets_of(model, inputs, labels)
    if list(targets) != [""]:
        return None
    target = targets[""]
    if target.places or getattr(target.loss, "axis", -1) != -1:
        return None
    found, name = np.asarray(target.labels), target.loss_name
    if name in _BINARY and target.width == 1:
        edge = 0.0 if getattr(target.loss, "from_logits", False) else 0.5
        return _flat(found), 2, lambda outputs: _flat(outputs > edge)
    if name in _SPARSE:
        return _flat(found), target.width, _largest
    if name in _ONE_HOT:
        return _largest(found), target.width, _largest
    return None


def _flat(values):
    return np.asarray(values).reshape(len(values), -1)[:, 0].astype(np.int64)


def _largest(values):
    return np.argmax(values, -1)
