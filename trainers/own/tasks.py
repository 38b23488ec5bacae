"""What a user's model learns, inferred from its loss and the labels."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from ..data.disk.pieces import pieces
from ..data.disk.piles import converted
from ..data.sources.outputs import Outputs
from . import label_checks
from .compiled import losses_of

#: The share of tokens that must be those that follow.
_NEXT = 0.99
_LOOKED_AT = 100  # examples


@dataclasses.dataclass(frozen=True)
class Target:
    """The labels of examples and what they are compared with.

    Attributes:
        inputs: of the examples.
        labels: array, `(examples, ...)`.
        outputs: shape of the model's outputs for one example; sizes may be
            None.
        loss: the Keras loss.
    """

    inputs: Any
    labels: np.ndarray
    outputs: tuple
    loss: Any

    @property
    def places(self):
        """Sizes of what has a label of its own in an example; `()`: it."""
        return self.outputs[:-1]

    @property
    def width(self):
        """How many outputs there are for each place."""
        return self.outputs[-1] if self.outputs else 1

    @property
    def loss_name(self):
        """The name of the loss, such as `"mean_squared_error"`."""
        function = getattr(self.loss, "fn", self.loss)
        return getattr(function, "__name__", type(self.loss).__name__)


class _Kind(NamedTuple):
    """Of losses that take the same labels.

    Attributes:
        check: function of a `Target` and a name; see `label_checks`.
        said: function of a `Target` that returns what is learned.
    """

    check: Callable
    said: Callable


def targets_of(model, inputs, labels):
    """Returns name of an output -> the `Target` of a compiled model.

    Those are left out that have no loss, or are not known. The name of a single
    output is `""`.
    """
    outputs, losses = Outputs(model), losses_of(model)
    leaves = keras.tree.flatten(labels)
    parts = zip(outputs.names, outputs.shapes, leaves, strict=False)
    return {
        name: Target(inputs, leaf, shape, losses[name])
        for name, shape, leaf in parts
        if name in losses
    }


def checked_labels(model, inputs, labels, name):
    """Returns labels if they are what their losses take.

    Numbers of classes become integers, whatever they were.

    Args:
        model: compiled.
        inputs: of the examples.
        labels: in the form of the model's outputs.
        name: of the labels, for messages.

    Raises:
        InputError: they are not.
    """
    names, leaves = Outputs(model).names, keras.tree.flatten(labels)
    if len(names) != len(leaves):
        return labels  # Of a model whose outputs are not known.
    targets = targets_of(model, inputs, labels)
    checked = [
        _checked(targets[output], f"{name}/{output}" if output else name)
        if output in targets
        else leaf
        for output, leaf in zip(names, leaves, strict=True)
    ]
    return keras.tree.pack_sequence_as(labels, checked)


def _checked(target, name):
    kind = _kind(target)
    if kind:
        for labels in pieces(target.labels):
            kind.check(dataclasses.replace(target, labels=labels), name)
    is_class = kind is _CLASSES
    return converted(target.labels, np.int64) if is_class else target.labels


def said(targets):
    """Returns what is learned, in words.

    Args:
        targets: from `targets_of`.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from normzoo.trainers.own import tasks
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> model.compile("adam", "mse")
    >>> x, y = np.ones((5, 3)), np.ones((5, 2))
    >>> tasks.said(tasks.targets_of(model, x, y))
    'regression, 2 targets (mean_squared_error)'
    """
    return "; ".join(
        f"{output}: {_said(target)}" if output else _said(target)
        for output, target in targets.items()
    )


def _said(target):
    kind = _kind(target)
    if kind:
        what = kind.said(target)
    else:
        what = f"labels of shape {target.labels.shape[1:]}"
    return f"{what} ({target.loss_name})"


def _kind(target):
    """Returns the `_Kind` of a loss, or None of one that is not known."""
    if getattr(target.loss, "axis", -1) != -1:  # of the classes
        return None
    return _KINDS.get(target.loss_name)


def _of_classes(target):
    width = target.width
    if _is_next(target):
        return f"next token, one of {width}"
    if target.places:
        return f"{_segmentation(target)}one of {width} for {_each(target)}"
    return f"single label, one of {width} classes"


def _of_binary(target):
    width = target.width
    if target.places:
        many = "" if width == 1 else f"{width} labels, each "
        each = _each(target)
        return f"{_segmentation(target)}{many}yes or no for {each}"
    if width == 1:
        return "binary label"
    return f"several labels, {width} of them, each yes or no"


def _of_numbers(target):
    targets = f"{target.width} target{'s' * (target.width != 1)}"
    where = f" for {_each(target)}" if target.places else ""
    return f"regression, {targets}{where}"


def _segmentation(target):
    return "segmentation, " if _each(target) == "each pixel" else ""


def _each(target):
    """Returns what has a label of its own, in words."""
    if len(target.places) == 1:
        return "each step"
    is_image = getattr(target.inputs, "ndim", 0) == 4
    return f"each {'pixel' if is_image else 'position'}"


def _is_next(target):
    """Whether the labels are the inputs, one step later."""
    x, y = target.inputs, target.labels
    if y.ndim != 2 or getattr(x, "shape", None) != y.shape:
        return False
    if y.shape[1] < 2 or not np.issubdtype(x.dtype, np.integer):
        return False
    some = slice(_LOOKED_AT)
    return (x[some][:, 1:] == y[some][:, :-1]).mean() >= _NEXT


_CLASSES = _Kind(label_checks.check_classes, _of_classes)
_ONE_HOT = _Kind(label_checks.check_one_hot, _of_classes)
_BINARY = _Kind(label_checks.check_binary, _of_binary)
_SIGNS = _Kind(label_checks.check_signs, _of_binary)
_NUMBERS = _Kind(label_checks.check_numbers, _of_numbers)

#: Name of a loss's function -> its `_Kind`. Others take what they take.
_KINDS = {
    "sparse_categorical_crossentropy": _CLASSES,
    "categorical_crossentropy": _ONE_HOT,
    "categorical_focal_crossentropy": _ONE_HOT,
    "categorical_hinge": _ONE_HOT,
    "binary_crossentropy": _BINARY,
    "binary_focal_crossentropy": _BINARY,
    "hinge": _SIGNS,
    "squared_hinge": _SIGNS,
    "huber": _NUMBERS,
    "log_cosh": _NUMBERS,
    "mean_absolute_error": _NUMBERS,
    "mean_absolute_percentage_error": _NUMBERS,
    "mean_squared_error": _NUMBERS,
    "mean_squared_logarithmic_error": _NUMBERS,
    "poisson": _NUMBERS,
}
