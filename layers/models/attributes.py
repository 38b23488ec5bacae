"""Layers in the attributes of a layer, by their paths."""

import collections

import keras

from .kinds import is_graph
from .layer_state import bookkeeping


def places(layer):
    """Returns path -> layer, of all layers in a layer's attributes.

    A path is a tuple of the names of attributes, the numbers of a list's items
    and the keys of dicts: `("blocks", 0, "norm")`. Layers in these layers are
    found, too, but for those of functional and Sequential models.
    """
    found, seen = {}, set()

    def visit(layer, path):
        for more, child in _direct(layer):
            found[(*path, *more)] = child
            if child not in seen and not is_graph(child):
                seen.add(child)
                visit(child, (*path, *more))

    visit(layer, ())
    return found


def names_inside(layer):
    """Returns layer inside another one -> its path as a text.

    It has the names of attributes, which another process gives it as well, and
    the names of layers in functional and Sequential models: `"pairs/0/norm"`.
    """
    found = {}

    def visit(layer, prefix):
        for path, child in _children(layer):
            if child not in found:
                found[child] = prefix + "/".join(map(str, path))
                visit(child, f"{found[child]}/")

    visit(layer, "")
    return found


def _children(layer):
    if is_graph(layer):
        return [((child.name,), child) for child in layer.layers]
    return _direct(layer)


def _direct(layer):
    """Yields paths and layers, of what is in a layer's attributes."""
    for name, value in vars(layer).items():
        if name not in bookkeeping():
            yield from _in_value(value, (name,))


def _in_value(value, path):
    if isinstance(value, keras.Layer):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _in_value(each, (*path, key))
    elif isinstance(value, (list, tuple)):
        for i, each in enumerate(value):
            yield from _in_value(each, (*path, i))


def shared(found):
    """Returns the layers that have several places.

    Args:
        found: from `places`.
    """
    counts = collections.Counter(found.values())
    return {layer for layer, count in counts.items() if count > 1}


def at(layer, path):
    """Returns what is at a path, None if there is no such place."""
    for key in path:
        try:
            layer = _step(layer, key)
        except (AttributeError, IndexError, KeyError, TypeError):
            return None
    return layer


def put(layer, path, new):
    """Puts another layer into a place of a layer that is not built.

    Args:
        layer: that the path begins at.
        path: of a layer in it.
        new: the layer that takes its place.
    """
    owner, begin, value = layer, 0, layer
    for i, key in enumerate(path):
        if isinstance(value, keras.Layer):
            owner, begin = value, i
        value = _step(value, key)
    name, *keys = path[begin:]
    changed = _with(getattr(owner, name), keys, new)
    # A list that is cleared makes its layer forget what was in it.
    setattr(owner, name, [value])
    getattr(owner, name).clear()
    setattr(owner, name, changed)


def _step(value, key):
    return getattr(value, key) if isinstance(value, keras.Layer) else value[key]


def _with(value, keys, new):
    """Returns a value with another layer at the place that keys lead to."""
    if not keys:
        return new
    first, *rest = keys
    if isinstance(value, dict):
        return {**value, first: _with(value[first], rest, new)}
    items = list(value)
    items[first] = _with(items[first], rest, new)
    return tuple(items) if isinstance(value, tuple) else items
