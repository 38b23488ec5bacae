"""Norms of the user's own, as configs and other processes take them."""

import functools
import json

import keras

from ... import layers
from ...layers.lookup import import_path, look_up
from ...layers.registry import from_config, maker, register, registered
from ..common.errors import InputError
from ..common.structures import flatten


def described(norm):
    """Returns what makes a norm in any process, a JSON-ready dict.

    Args:
        norm: what `layers.get` takes, but no name.

    Returns:
        The `path` of a class or function, as of `look_up`, and the `positional`
        and `named` arguments that it is called with.

    Raises:
        InputError: no other process can make it.
    """
    try:
        norm = functools.partial(maker(norm))
        found = {
            "path": _path(norm.func),
            "positional": list(norm.args),
            "named": norm.keywords,
        }
        return json.loads(json.dumps(found))
    except (TypeError, ValueError) as error:
        raise InputError(f"The norm {norm!r} cannot be used: {error}") from (
            error
        )


def _path(make):
    name = getattr(make, "__name__", "")
    for public in (keras.layers, layers):
        if getattr(public, name, None) is make:
            return f"{public.__name__}:{name}"
    return import_path(make)


def meant(description):
    """Returns the norm that `described` describes, a callable."""
    make = look_up(description["path"], {}, "normalization")
    return functools.partial(
        make, *description["positional"], **description["named"]
    )


def label(description):
    """Returns a short text for a norm: its class, and what was set in it."""
    make = meant(description)
    if make.func is from_config:
        layer = make()
        name, values, named = type(layer).__name__, [], _changed(layer)
    else:
        name, values, named = make.func.__name__, make.args, make.keywords
    shown = [*map(str, values), *(f"{k}={v}" for k, v in named.items())]
    return f"{name}({', '.join(shown)})" if shown else name


def _changed(layer):
    """Returns what differs in a layer from one that is made without it."""
    try:
        usual = type(layer)().get_config()
    except TypeError:  # it needs an argument
        usual = {}
    return {
        key: value
        for key, value in layer.get_config().items()
        if key != "name" and usual.get(key, value) != value
    }


def own_maker(norm):
    """Returns the callable of a norm that is the user's own; None of others.

    Args:
        norm: of a config: a name, what `described` returns, or None.
    """
    if isinstance(norm, str):
        is_own = norm in registered() or ":" in norm
        return maker(norm) if is_own else None
    return meant(norm) if norm else None


def own_weight_norm(name):
    """Returns the callable of a norm of kernels that is the user's own.

    Args:
        name: of a config, a text; or None. None is returned of others.
    """
    is_own = isinstance(name, str) and ":" in name
    return look_up(name, {}, "weight norm") if is_own else None


def classes_of(norm, weight_norm=None):
    """Returns name in files -> class, of norms that are the user's own.

    Args:
        norm: as of `own_maker`.
        weight_norm: as of `own_weight_norm`.
    """
    made = []
    if (make := own_maker(norm)) is not None:
        made.append(make(name="norm"))
    if (make := own_weight_norm(weight_norm)) is not None:
        made.append(make(keras.layers.Dense(1)))
    kinds = map(type, made)
    return {keras.saving.get_registered_name(kind): kind for kind in kinds}


def registered_in(runs, instead):
    """Returns name -> description, of the registered norms that runs name.

    Args:
        runs: `Run`s, which processes of their own are to train.
        instead: what can be done if these cannot import one; ends a message.

    Raises:
        InputError: these cannot import one.
    """
    named = set()
    for run in runs:
        values = flatten(run.config.to_dict()).values()
        named |= {value for value in values if isinstance(value, str)}
    found = {}
    for name, norm in registered().items():
        if name not in named:
            continue
        try:
            found[name] = described(norm)
        except InputError as error:
            raise InputError(
                "Every process that trains must be able to import the norm "
                f"{name!r}. {error} Or {instead}."
            ) from error
    return found


def register_all(descriptions):
    """Registers what `registered_in` has found, in another process."""
    for name, description in descriptions.items():
        register(name, meant(description))
