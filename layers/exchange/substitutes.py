"""Layers that take another one's place, and what they take over from it."""

import functools
from typing import NamedTuple

import keras

from ..batch_statistics.momentum import is_schedule
from ..norms.batch_normalization import BatchNormalization
from ..norms.bias import subtracts_mean
from ..recurrent.families import FAMILIES, place_of

#: Two of one kind compute the same, given the same weights and these options.
_KINDS = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
    keras.layers.RMSNormalization,
)
_OF_A_KIND = ("epsilon", "momentum")
#: Of all our recurrent layers, and of none of Keras'; the first two change
#: what is computed.
_ZONEOUT = ("zoneout", "cell_zoneout")
_OURS = (*_ZONEOUT, "memory")
_AFFINE = (
    "center",
    "scale",
    *(
        f"{weight}_{what}"
        for weight in ("beta", "gamma")
        for what in ("initializer", "regularizer", "constraint")
    ),
)


class NoSubstituteError(Exception):
    """Why a layer stays as it is."""


class Choice(NamedTuple):
    """What shall stand in place of the norms.

    Attributes:
        norm: the factory of its layers, a partial of a class or a function; or
            None if it is for recurrent layers alone.
        family: of the recurrent layers, or None if it has none.
        arguments: of the norm.
    """

    norm: functools.partial | None
    family: str | None
    arguments: dict

    @property
    def adds_nothing(self):
        """Whether it is no norm."""
        return self.norm is not None and self.norm.func is keras.layers.Identity


def substitute(layer, choice, rank):
    """Returns the layer that takes another one's place, not built.

    Args:
        layer: it keeps its name, its dtype policy and whether it is trained.
            Other options as `replace_norms` says.
        choice: a `Choice`.
        rank: of the layer's inputs.

    Raises:
        NoSubstituteError: there is none.
    """
    place = place_of(layer)
    if place:
        return _recurrent(layer, choice, *place)
    if choice.norm is None:
        raise NoSubstituteError("it is not recurrent")
    made = choice.norm(name=layer.name)
    if not isinstance(made, keras.Layer):
        raise TypeError(f"A norm must be a Keras layer. Received: {made!r}.")
    has = made.get_config()
    had = layer.get_config()
    carried = {name: had[name] for name in ("dtype", "trainable")}
    if isinstance(choice.norm.func, type):
        names = _AFFINE + _OF_A_KIND * _are_alike(layer, made)
        carried |= {name: had[name] for name in names if name in had}
        # Keras' layer takes numbers alone.
        takes_schedule = isinstance(made, BatchNormalization)
        if is_schedule(carried.get("momentum")) and not takes_schedule:
            del carried["momentum"]
    axis = _channels(layer, rank)
    if axis != rank - 1 and not isinstance(made, keras.layers.Identity):
        if "axis" not in has:
            raise NoSubstituteError(
                f"its channels are on axis {axis}, and {_name(made)} has no "
                "`axis`"
            )
        carried["axis"] = axis
    given = choice.norm.keywords
    carried = {k: v for k, v in carried.items() if k in has and k not in given}
    return type(made).from_config({**has, **carried})


def _are_alike(layer, other):
    if subtracts_mean(layer) != subtracts_mean(other):
        return False
    return any(isinstance(layer, k) and isinstance(other, k) for k in _KINDS)


def _channels(layer, rank):
    axis = getattr(layer, "axis", -1)
    axes = [axis] if isinstance(axis, int) else list(axis)
    return axes[0] % rank if len(axes) == 1 else rank - 1


def _recurrent(layer, choice, cell, family):
    if choice.family is None:
        raise NoSubstituteError("recurrent layers have no such norm")
    plain, cls = FAMILIES[cell]["keras"], FAMILIES[cell][choice.family]
    had, has = layer.get_config(), cls(1).get_config()
    if not had.get("reset_after", True):
        raise NoSubstituteError(f"{cls.__name__} has no `reset_after=False`")
    known = set(has) & {*plain(1).get_config(), *_OURS}
    for name in _ZONEOUT:
        if had.get(name) and name not in has:
            raise NoSubstituteError(f"{cls.__name__} has no `{name}`")
    if choice.family == family:
        known = set(has)
    given = {k: v for k, v in choice.arguments.items() if k in has}
    carried = {k: v for k, v in had.items() if k in known}
    return cls.from_config({**carried, **given})


def built_substitute(layer, choice, shape, output_shape):
    """Returns the layer that takes another one's place, built.

    Args:
        layer, choice: as of `substitute`.
        shape: of the layer's inputs.
        output_shape: function without arguments that returns that of its
            outputs.

    Raises:
        NoSubstituteError: there is none.
    """
    if not place_of(layer) and tuple(output_shape()) != tuple(shape):
        raise NoSubstituteError(
            "its outputs have another shape than its inputs"
        )
    new = substitute(layer, choice, len(shape))
    try:
        new.build(shape)
    except ValueError as error:
        raise NoSubstituteError(str(error)) from error
    return new


def own_weights(layer, new):
    """Returns how names of weights begin that a new layer does not take over.

    In recurrent layers gammas start at 0.1 with batch norm, and at 1 with layer
    norm.
    """
    return ("gamma", "beta") if place_of(layer) != place_of(new) else ()


def _name(layer):
    return type(layer).__name__
