"""Small structures: nested dicts by dotted keys, and plain values."""

import numpy as np
from ml_collections import ConfigDict


def flatten(nested, prefix=""):
    """Returns dotted key -> value of a nested dict."""
    flat = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def plain(value):
    """Returns a value with Python's numbers in place of NumPy's.

    Arrays become tuples, or a number where they have no axis; tuples, lists
    and dicts are searched.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.common.structures import plain
    >>> plain({"rates": (np.float64(0.5), np.array([1, 2]))})
    {'rates': (0.5, (1, 2))}
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return plain(tuple(value) if value.ndim else value[()])
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    # No named tuples: their constructors take their items one by one.
    if type(value) in (tuple, list):
        return type(value)(map(plain, value))
    return value


def plain_config(config):
    """Returns a copy of a `ConfigDict` that holds no NumPy value."""
    config = config.copy_and_resolve_references()
    with config.unlocked(), config.ignore_type():
        _make_plain(config)
    return config


def _make_plain(config):
    # In place: copies of parts would stay unlocked and without types.
    for key, value in config.items():
        if isinstance(value, ConfigDict):
            _make_plain(value)
        else:
            config[key] = plain(value)
