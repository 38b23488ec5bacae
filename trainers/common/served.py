"""A trained model, and examples like those that it is to serve."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras


class Served(NamedTuple):
    """A trained model and examples for it.

    Attributes:
        model: the model.
        inputs: arrays as the model takes them.
        source: where the inputs come from, for people.
        calibration: other inputs, for the ranges of integers; None: there are
            none.
        labels: the class of each example, or None.
        decide: function of outputs that returns the classes, or None.
        path: of the model's file, a `pathlib.Path`.
    """

    model: keras.Model
    inputs: Any
    source: str
    calibration: Any = None
    labels: Any = None
    decide: Callable | None = None
    path: Any = None
