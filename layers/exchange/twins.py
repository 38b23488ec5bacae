"""A layer like another one, with other layers in its attributes."""

import inspect

import keras

from ..models.attributes import at, places, put, shared
from ..models.copying import trusting
from ..models.inner_layers import inner_layers
from ..models.kinds import is_graph
from ..models.layer_state import copy_attributes, copy_state, copy_trainable
from .substitutes import NoSubstituteError
from .with_norms import WithNorms

LINES = (
    "Let it take its norm: `norm` in its constructor's arguments and in its "
    "`get_config`, and `self.norm = normzoo.layers.get(norm)()` for each norm"
)


def twin_of(outer, others):
    """Returns a layer like another one, with other layers inside; not built.

    Args:
        outer: a layer or model with a `call` of its own.
        others: layer inside it -> the one that takes its place.

    Raises:
        NoSubstituteError: there is none that computes the same otherwise.
    """
    found = places(outer)
    if shared(found) & others.keys():
        raise NoSubstituteError(f"it is in two attributes of {_name(outer)}")
    paths = [path for path, layer in found.items() if layer in others]
    if len(paths) < len(others):
        raise NoSubstituteError(f"it is in no attribute of {_name(outer)}")
    new = {path: others[found[path]] for path in paths}
    twin = _made_alike(outer, found)
    for path, layer in new.items():
        put(twin, path, layer)
    if isinstance(outer, keras.Model) or _holds(twin, new):
        return twin
    norms = [{"path": path, "layer": layer} for path, layer in new.items()]
    return WithNorms(_made_alike(outer, found), norms, name=outer.name)


def finish(outer, twin, others):
    """Gives a twin that is built the state of what it is like.

    Args:
        outer, others: as of `twin_of`.
        twin: what it returned.
    """
    inner = twin if type(twin) is type(outer) else twin.layer
    copy_trainable(outer, twin)
    _copy(outer, inner, others)


def _copy(old, new, others):
    if old in others:
        return
    # From the outside in, as `trainable` goes.
    copy_trainable(old, new)
    found = places(old)
    if is_graph(old) or not others.keys() & set(found.values()):
        copy_state(old, new)
        return
    direct = {p: x for p, x in found.items() if _is_direct(p, found)}
    for path, layer in direct.items():
        _copy(layer, at(new, path), others)
    for a, b in zip(_own(old, found), _own(new, places(new)), strict=True):
        b.assign(a)
    copy_attributes(old, new)


def _is_direct(path, found):
    """Whether the layer at a path is in no other one that was found."""
    return not any(path[:i] in found for i in range(1, len(path)))


def _own(layer, found):
    """Returns the variables of a layer that are those of no layer in it."""
    inner = {id(v) for each in found.values() for v in each.variables}
    return [v for v in layer.variables if id(v) not in inner]


def _made_alike(outer, found):
    """Returns a layer of the same configuration, with equal layers in it."""
    try:
        twin = _from_config(outer)
    except Exception as error:  # whatever the user's own code raises
        said = str(error).partition("\n")[0].rstrip(".")
        raise NoSubstituteError(
            f"{_name(outer)} cannot be copied by its `get_config`: {said}. "
            f"{LINES}"
        ) from error
    for path, layer in found.items():
        if type(at(twin, path)) is not type(layer):
            shown = ".".join(map(str, path))
            raise NoSubstituteError(
                f"{_name(outer)} does not make `{shown}` in its constructor "
                f"from its `get_config` alone. {LINES}"
            )
    return twin


def _holds(twin, new):
    """Whether the configuration of a layer holds the layers inside it."""
    again = _from_config(twin)
    return all(_described(at(again, p)) == _described(new[p]) for p in new)


def _described(layer):
    return type(layer), layer.get_config()


def _name(layer):
    return f"the {type(layer).__name__} {layer.name!r}"


def _from_config(layer):
    def make():
        if not list(inspect.signature(type(layer).__init__).parameters)[1:]:
            return type(layer)()
        return type(layer).from_config(layer.get_config())

    return trusting(make, inner_layers(layer))
