"""Arguments given by users: as plain Python numbers, and checked."""

import functools
import inspect
import math
import numbers

import keras
import numpy as np


def public_layer(layer):
    """Decorates a layer class of this package that users make themselves.

    Keras finds it in files. Its constructor takes NumPy numbers and arrays for
    Python's, which `get_config` returns, and refuses values that make no sense.
    """
    init, names = layer.__init__, _positional(layer)

    @functools.wraps(init)
    def checked(self, *args, **kwargs):
        args = [plain(value) for value in args]
        kwargs = {name: plain(value) for name, value in kwargs.items()}
        named = dict(zip(names, args, strict=False))
        _check(type(self), {**named, **kwargs})
        init(self, *args, **kwargs)

    # Keras looks at it and does not look through the decorator.
    checked.__signature__ = inspect.signature(init)
    layer.__init__ = checked
    register = keras.saving.register_keras_serializable(package="normzoo")
    return register(layer)


def _positional(layer):
    """Returns the names of what a layer's constructor takes by position."""
    for kind in layer.__mro__:
        parameters = list(inspect.signature(kind.__init__).parameters.values())
        # A constructor with *args hands them on to the next one.
        if all(p.kind is not p.VAR_POSITIONAL for p in parameters):
            named = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
            return [p.name for p in named][1:]
    return []


def plain(value):
    """Returns a value with Python's numbers and lists for NumPy's."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    if type(value) is dict:
        return {key: plain(item) for key, item in value.items()}
    return value


def _is_number(value):
    is_number = isinstance(value, numbers.Real)
    return is_number and not isinstance(value, bool) and math.isfinite(value)


def is_share(value):
    """Returns whether it is a number from 0 to 1."""
    return _is_number(value) and 0 <= value <= 1


def _is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _is_axis(value):
    axes = value if isinstance(value, (list, tuple)) else [value]
    return bool(axes) and all(map(_is_integer, axes))


_NUMBER = (_is_number, "a finite number")
_NOT_NEGATIVE = (
    lambda value: _is_number(value) and value >= 0,
    "a finite number, 0 or greater,",
)
_SHARE = (is_share, "a number from 0 to 1")
_COUNT = (
    lambda value: _is_integer(value) and value > 0,
    "a positive integer",
)

#: The name of an argument -> whether a value is one, and what is expected.
_CHECKS = {
    "cell_zoneout": _SHARE,
    "classes": _COUNT,
    "epsilon": _NOT_NEGATIVE,
    "groups": (
        lambda value: value == -1 or _COUNT[0](value),
        "a positive integer, or -1 for one group per channel,",
    ),
    "hidden": _COUNT,
    "initial_alpha": _NUMBER,
    "initial_shift": _NUMBER,
    "initial_state_noise": _NOT_NEGATIVE,
    "max_growth": (
        lambda value: value is None or (_is_number(value) and value > 0),
        "a positive number or None",
    ),
    "momentum": _SHARE,
    "population_steps": _COUNT,
    "power_iterations": _COUNT,
    "renorm_momentum": _SHARE,
    "splits": (
        lambda value: _is_integer(value) and value > 1,
        "an integer, 2 or greater,",
    ),
    "units": _COUNT,
    "virtual_batch_size": (
        lambda value: value is None or _COUNT[0](value),
        "a positive integer or None",
    ),
    "zoneout": _SHARE,
}


def _check(layer, arguments):
    """Raises an error if an argument of a layer makes no sense.

    Args:
        layer: its class, which may have `argument_checks` of its own.
        arguments: dict.
    """
    checks = {**_CHECKS, **getattr(layer, "argument_checks", {})}
    for name in checks.keys() & arguments.keys():
        is_right, expected = checks[name]
        if not is_right(arguments[name]):
            raise ValueError(
                f"{layer.__name__} takes {expected} for the argument `{name}`. "
                f"Received: {name}={arguments[name]!r}."
            )
    if "axis" in arguments and not _is_axis(arguments["axis"]):
        # In the words of Keras' layer normalization.
        raise TypeError(
            "Expected an int or a list/tuple of ints for the argument 'axis'. "
            f"Received: axis={arguments['axis']!r}."
        )
