"""Single values of a config: their type, their range, their names."""

import math
import numbers

import numpy as np

from ..common.errors import InputError
from ..common.structures import flatten


def check_name(key, name, names):
    """Raises `InputError` unless a setting is one of some names."""
    if name not in names:
        expected = ", ".join(each or "''" for each in names)
        raise InputError(
            f"Unknown {key}. Received: {name!r}. Expected one of: {expected}."
        )


def refuse(key, value, allowed):
    """Raises the `InputError` of a value that is out of its range."""
    raise InputError(f"{key} must be {allowed}. Received: {value!r}.")


def check_type(key, value, default):
    """Raises `InputError` unless a value is of the type of its default.

    Numbers are finite; a whole number will do where others are taken.
    """
    # True is a number to Python.
    is_bool = isinstance(value, bool)
    if isinstance(default, bool):
        if not is_bool:
            refuse(key, value, "True or False")
    elif isinstance(default, int):
        if is_bool or not isinstance(value, numbers.Integral):
            refuse(key, value, "a whole number")
    elif isinstance(default, float):
        if is_bool or not isinstance(value, numbers.Real):
            refuse(key, value, "a number")
        if not math.isfinite(value):
            refuse(key, value, "a finite number")
    elif isinstance(default, str) and not isinstance(value, str):
        refuse(key, value, "a string")


def with_python_numbers(config):
    """Returns the config, or a copy of it if it has NumPy's numbers.

    JSON knows no others, and neither do the seeds of TensorFlow.
    """
    found = {
        key: python_value(value)
        for key, value in flatten(config.to_dict()).items()
        if python_value(value) is not value
    }
    if not found:
        return config
    config = config.copy_and_resolve_references()
    with config.unlocked(), config.ignore_type():
        config.update_from_flattened_dict(found)
    return config


def python_value(value):
    """Returns a value with Python's numbers in place of NumPy's."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        items = [python_value(item) for item in value]
        if any(a is not b for a, b in zip(items, value, strict=True)):
            return type(value)(items)
    return value
