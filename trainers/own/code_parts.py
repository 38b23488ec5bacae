"""The code of a user's own in a model, digested part by part."""

import functools
import types

import keras

from ...layers.models.inner_layers import inner_layers
from ..common.code import digest_of
from .compiled import compile_arguments
from .likeness import has_own_code
from .norms import own_maker, own_weight_norm

_NOT_OWN = ("builtins", "keras", "numpy", "tensorflow", __name__.split(".")[0])
_ROLES = {"loss": "loss", "metrics": "metric", "weighted_metrics": "metric"}
#: What layers, losses and optimizers hold, beside functions.
_HELD = (
    keras.Initializer,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
    keras.optimizers.schedules.LearningRateSchedule,
)


def code_parts(model):
    """Returns the names of what is a user's own in a model -> its digest.

    That is what a file of the model only names: the classes of layers, losses,
    metrics and the optimizer, the functions that these hold, such as
    activations, and the class of the model if it has code.

    Args:
        model: compiled.
    """
    things = [("model", type(model))] if has_own_code(model) else []
    for layer in inner_layers(model)[1:]:
        things += _named("layer", layer)
    arguments = compile_arguments(model)
    for key, role in _ROLES.items():
        for each in keras.tree.flatten(arguments.get(key)):
            things += _named(role, each)
    things += _named("optimizer", model.optimizer)
    return digests(things)


def norms_code(*sections):
    """Returns key -> digest, of the norms of a user's own that a config names.

    That is the function that makes one, its class, and what that holds.

    Args:
        *sections: of the config, which may have the keys `norm` and
            `weight_norm`.
    """
    things = []
    for section in sections:
        for key, things_of in _NORMS.items():
            try:
                things += things_of(section.get(key))
            except (KeyError, TypeError, ValueError):  # Building it says why.
                continue
    return {f"code of {k}": digest for k, digest in digests(things).items()}


def _of_norm(norm):
    if (make := own_maker(norm)) is None:
        return []
    things = _named("norm", make(name="norm"))
    while isinstance(make, functools.partial):
        make = make.func
    if not hasattr(make, "__name__"):  # An object that is called.
        make = type(make)
    return [("norm", make), *things]


def _of_weight_norm(norm):
    make = own_weight_norm(norm)
    return [] if make is None else [("weight norm", make)]


#: Key of a config -> function of its value, to what is digested of it.
_NORMS = {"norm": _of_norm, "weight_norm": _of_weight_norm}


def digests(things):
    """Returns name -> digest, of those classes and functions that are own.

    Args:
        things: pairs of what one is and itself.
    """
    pairs = {
        (f"{role} {thing.__name__}", digest_of(thing))
        for role, thing in things
        if (thing.__module__ or "").partition(".")[0] not in _NOT_OWN
    }
    found = {}
    for name, digest in sorted(pairs):  # Functions may have the same name.
        found[name] = " ".join(filter(None, [found.get(name), digest]))
    return found


def _named(role, thing):
    """Returns pairs of a role, and a function, or a class and what it holds."""
    if isinstance(thing, types.FunctionType):
        return [(role, thing)]
    held = getattr(thing, "__dict__", {}).values()
    functions = [x for x in held if isinstance(x, types.FunctionType)]
    kinds = {type(x) for x in held if isinstance(x, _HELD)}
    return [(role, each) for each in (type(thing), *functions, *kinds)]
