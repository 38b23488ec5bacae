"""What each variant chooses from, from `config.compare.tune`."""

import itertools
import numbers

from ...common.errors import InputError
from ...common.structures import plain

_RATES, _KEYS = "compare.tune.rates", "compare.tune.keys"


def make_grid(tune, rates):
    """Returns the grid: dicts of dotted config key -> value.

    It is the product of the learning rates and of the values of all other
    keys, `({},)` where nothing is tuned.

    Args:
        tune: `config.compare.tune`.
        rates: the keys that `tune.rates` is for; each candidate has the same
            learning rate in all of them.

    Raises:
        InputError: nothing to choose from in a key, or a value twice.
    """
    axes = [_rates(tune.rates, rates)] if len(_tuple(tune.rates)) else []
    # `tune.keys` is the method of all dicts.
    axes += [_key(entry) for entry in _tuple(tune["keys"])]
    keys = [key for names, _ in axes for key in names]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise InputError(
            f"compare.tune has a key twice: {', '.join(twice)}. Give all its "
            f"values at once; {_RATES} stands for {', '.join(rates)}."
        )
    # Of each axis one value, which all its keys get.
    points = itertools.product(*(values for _, values in axes))
    return tuple(
        {
            key: value
            for (names, _), value in zip(axes, point, strict=True)
            for key in names
        }
        for point in points
    )


def shown(grid, rates):
    """Returns the keys of the grid that stand in names.

    Args:
        grid: from `make_grid`.
        rates: the keys that have the same value, the first of which is shown.
    """
    return tuple(key for key in grid[0] if key not in rates[1:])


def edges(grid, chosen):
    """Returns the keys whose chosen value ends the grid's numbers.

    Args:
        grid: from `make_grid`.
        chosen: one of its dicts.
    """
    return tuple(
        key
        for key, value in chosen.items()
        if _is_edge(value, {candidate[key] for candidate in grid})
    )


def _is_edge(value, values):
    if len(values) < 2 or not all(map(_is_number, values)):
        return False
    return value in (min(values), max(values))


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _tuple(value):
    value = plain(value)
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _rates(values, keys):
    values = _tuple(values)
    if odd := [value for value in values if not _is_number(value)]:
        raise InputError(
            f"{_RATES} must be numbers. Received: {odd[0]!r}, in {values}."
        )
    return keys, _checked(_RATES, tuple(map(float, values)))


def _key(entry):
    try:
        key, values = entry
        values = tuple(values)
    except (TypeError, ValueError):
        values = None
    if values is None or not isinstance(key, str) or isinstance(entry[1], str):
        raise InputError(
            f"{_KEYS} must hold pairs of a key and its values, such as "
            f"(('batch_size', (8, 32)),). Received: {entry!r}."
        )
    return (key,), _checked(f"{_KEYS}: {key}", values)


def _checked(name, values):
    # True and 1 are equal, and no config takes both for one key.
    twice = [value for i, value in enumerate(values) if value in values[:i]]
    if twice:
        raise InputError(
            f"{name} has a value twice: {twice[0]!r}, in {values}. A variant "
            "chooses from different ones."
        )
    if len(values) < 2:
        raise InputError(
            f"{name} must have at least two values to choose from. Received: "
            f"{values}. Set the value itself instead, or add others; () turns "
            "tuning off."
        )
    return values
