"""Whether labels are what a loss takes.

Keras does not look: it broadcasts labels of another shape, and some kernels
return NaN for a class that the model has no output for.
"""

import numpy as np

from ..common.errors import InputError
from .shapes import fits

_ONE = 1e-3  # how far the parts of a distribution may be from 1


def check_classes(target, name):
    """Of sparse cross entropies: a whole number for each place."""
    labels, width = target.labels, target.width
    _check_several(target, name)
    if not _fits(labels, target.places, bare=True):
        hint = ""
        if _fits(labels, target.outputs):
            hint = (
                " Labels that are one-hot need the loss "
                "'categorical_crossentropy'."
            )
        raise _misfit(target, name, target.places, hint)
    if (labels != np.floor(labels)).any():
        raise InputError(
            f"{name} has labels that are not whole numbers, such as "
            f"{labels[labels != np.floor(labels)][0]:g}. Expected by "
            f"{target.loss_name}: numbers of classes. For regression compile "
            "the model with 'mse' or the like."
        )
    ignored = getattr(target.loss, "ignore_class", None)
    counted = labels if ignored is None else labels[labels != ignored]
    low, high = (counted.min(), counted.max()) if counted.size else (0, 0)
    if low < 0 or (width is not None and high >= width):
        raise InputError(
            f"{name} has labels from {low:g} to {high:g}, but the model has "
            f"{width} outputs. Expected: 0 to {width - 1}. Number the classes "
            f"from 0, or give the last layer {high + 1:g} units."
        )


def check_one_hot(target, name):
    """Of cross entropies: a share for each class."""
    _check_several(target, name)
    labels = target.labels
    if not _fits(labels, target.outputs):
        hint = ""
        if _fits(labels, target.places, bare=True):
            hint = (
                " Labels that are numbers of classes need the loss "
                "'sparse_categorical_crossentropy', or "
                "keras.utils.to_categorical."
            )
        raise _misfit(target, name, target.outputs, hint)
    sums = labels.sum(-1, dtype=float)
    if labels.min() < 0 or np.abs(sums - 1).max() > _ONE:
        raise InputError(
            f"{name} has rows that are not shares of classes: they sum to "
            f"{sums.min():g} to {sums.max():g}, and the least is "
            f"{labels.min():g}. Expected by {target.loss_name}: at least 0, "
            "and a sum of 1. Several labels at once need the loss "
            "'binary_crossentropy'."
        )


def check_binary(target, name):
    """Of binary losses: 0, 1, or a number between."""
    _check_numbers_of(target, name, 0, 1)


def check_signs(target, name):
    """Of hinge losses, which also take -1 for 0."""
    _check_numbers_of(target, name, -1, 1)


def check_numbers(target, name):
    """Of regressions: a number for each output."""
    if not _fits(target.labels, target.outputs, bare=True):
        raise _misfit(target, name, target.outputs)


def _check_numbers_of(target, name, least, most):
    check_numbers(target, name)
    low, high = target.labels.min(), target.labels.max()
    if low < least or high > most:
        raise InputError(
            f"{name} has labels from {low:g} to {high:g}. Expected by "
            f"{target.loss_name}: {least} to {most}. Numbers of classes need "
            "an output for each and the loss 'sparse_categorical_crossentropy'."
        )


def _check_several(target, name):
    if target.width == 1:
        raise InputError(
            f"The model has one output for each label of {name}, which "
            f"{target.loss_name} takes for the only class. Expected: one for "
            "each class, or the loss 'binary_crossentropy'."
        )


def _fits(labels, shape, bare=False):
    """Returns whether labels have a shape, whose sizes may be None.

    Args:
        labels: array.
        shape: of an example's.
        bare: whether Keras adds or drops an axis of size 1 at the end.
    """
    shapes = [tuple(shape)]
    if bare:
        shapes.append((*shape, 1))
        shapes += [tuple(shape[:-1])] * (bool(shape) and shape[-1] == 1)
    return any(fits(labels.shape[1:], each) for each in shapes)


def _misfit(target, name, expected, hint=""):
    return InputError(
        f"The labels, {name}, do not fit the model's outputs of shape "
        f"{target.outputs} and its loss, {target.loss_name}. Received: labels "
        f"of shape {target.labels.shape[1:]} and type {target.labels.dtype}. "
        f"Expected: {tuple(expected)}.{hint}"
    )
