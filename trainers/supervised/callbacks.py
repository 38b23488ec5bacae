"""Keras callbacks of the user's own, which `config.callbacks` names."""

import keras

from ...layers.lookup import import_path, look_up
from ..common.code import digest_of
from ..common.errors import InputError
from ..common.user_code import running

#: Name -> function that makes them, of those that this process alone knows.
CALLBACKS = {}
_EXPECTED = (
    "`callbacks` is a function without arguments that returns a list of new "
    "Keras callbacks, since each run needs its own."
)


def name_of(make, instead=""):
    """Returns the `config.callbacks` by which a run finds a function.

    Args:
        make: a function without arguments that returns Keras callbacks, its
            `"module:function"` or `"file.py:function"`, or None.
        instead: what can be done if other processes, which train, cannot find
            it; ends a message. "": this process trains.

    Raises:
        InputError: it is no function, or other processes cannot find it.
    """
    if make is None or isinstance(make, str):
        return make or ""
    if not callable(make):
        raise InputError(f"{_EXPECTED} Received: {make!r}.")
    try:
        return import_path(make)
    except ValueError as error:
        if instead:
            raise InputError(f"`callbacks`: {error} Or {instead}.") from error
    name = getattr(make, "__qualname__", type(make).__qualname__)
    CALLBACKS[name] = make
    return name


def code_of(config):
    """Returns what tells the code of `config.callbacks` apart, if it has any.

    Raises:
        InputError: there is no such function.
    """
    if not config.callbacks:
        return {}
    return {"callbacks_code": digest_of(_maker(config))}


def make_callbacks(config):
    """Returns the callbacks of a run, made for it: they have a state.

    Raises:
        InputError: `config.callbacks` is nothing that makes any.
    """
    if not config.callbacks:
        return []
    made = _made(config)
    is_list = isinstance(made, (list, tuple))
    if not is_list or not all(
        isinstance(each, keras.callbacks.Callback) for each in made
    ):
        raise InputError(
            f"{_EXPECTED} Received: {config.callbacks}, which gives {made!r}."
        )
    return list(made)


def _made(config):
    make = _maker(config)
    if not callable(make):
        return make
    with running(f"The function of callbacks {config.callbacks!r}"):
        return make()


def _maker(config):
    try:
        return look_up(config.callbacks, CALLBACKS, "function of callbacks")
    except ValueError as error:
        raise InputError(str(error)) from error
