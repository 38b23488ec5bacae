"""Single values of a config: their type, their range, their names."""

import math
import numbers

from ..common.errors import InputError


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
