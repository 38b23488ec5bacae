"""What a layer knows beside its configuration, given to a copy of it."""

import functools
import tempfile

import keras
import numpy as np
import tensorflow as tf

from .inner_layers import inner_layers, is_variable


def copy_state(layer, twin):
    """Makes a layer that was made from another's configuration equal to it.

    What is copied: variables, among them the states of seed generators and of
    stateful recurrent layers; what layers save in ways of their own, such as
    vocabularies and adapted moments; attributes that are plain data; and which
    layers and weights are trained.

    Args:
        layer: the layer.
        twin: a layer of the same class and configuration, built alike.
    """
    for old, new in zip(layer.variables, twin.variables, strict=True):
        new.assign(old)
    pairs = list(zip(inner_layers(layer), inner_layers(twin), strict=True))
    for old, new in pairs:
        _copy_saved(old, new)
        copy_attributes(old, new)
    for old, new in pairs:
        copy_trainable(old, new)
    for old, new in zip(layer.weights, twin.weights, strict=True):
        if new.trainable != old.trainable:
            new.trainable = old.trainable


def prepare(layer, twin):
    """Tells a twin that was not called yet what its call may need.

    That is plain data in attributes that are None, empty or missing, of layers
    that do not come with Keras: those know how to build themselves.
    """
    old, new = inner_layers(layer), inner_layers(twin)
    if list(map(type, old)) != list(map(type, new)):
        return  # Some of them are made when it is built.
    for a, b in zip(old, new, strict=True):
        if not type(a).__module__.startswith("keras."):
            copy_attributes(a, b, only_unknown=True)


def copy_trainable(layer, twin):
    """Trains a copy if the layer is trained; the layers inside follow."""
    if twin.trainable != layer.trainable:
        twin.trainable = layer.trainable


def copy_named(layer, twin, but=()):
    """Copies the weights that both layers have, by name and shape.

    Where one is an RMS norm, its `scale` is the other's `gamma`. Which layers
    are trained is copied, too.

    Args:
        layer: the layer.
        twin: one of another class or configuration, built.
        but: beginnings of names of weights that are not copied.

    Returns:
        The names of those that were copied, as `layer` calls them.
    """
    copied = []
    twins = {_role(weight): weight for weight in twin.weights}
    for weight in layer.weights:
        other = twins.get(_role(weight))
        wanted = not weight.name.startswith(tuple(but))
        if wanted and other is not None and other.shape == weight.shape:
            other.assign(weight)
            copied.append(weight.name)
    copy_trainable(layer, twin)
    return tuple(copied)


def _role(weight):
    return "gamma" if weight.name == "scale" else weight.name


def _copy_saved(layer, twin):
    """Copies what a layer's own methods save beside its variables."""
    cls = type(layer)
    if cls.load_own_variables is not keras.Layer.load_own_variables:
        store = _Store()
        layer.save_own_variables(store)
        twin.load_own_variables(store)
    if hasattr(cls, "save_assets"):
        with tempfile.TemporaryDirectory() as folder:
            layer.save_assets(folder)
            twin.load_assets(folder)


class _Store(dict):
    """Holds arrays, as a file of weights does."""

    def __setitem__(self, key, value):
        super().__setitem__(key, keras.ops.convert_to_numpy(value))


def copy_attributes(layer, twin, only_unknown=False):
    """Copies variables and plain data in attributes.

    Args:
        layer: the layer.
        twin: another one like it.
        only_unknown: whether it keeps what is neither None nor empty.
    """
    own = bookkeeping()
    for name, value in vars(layer).items():
        if name in own:
            continue
        other = vars(twin).get(name)
        if only_unknown and not _is_unknown(other):
            continue
        if _is_variables(value):
            _assign(value, other)
            continue
        try:
            value = _plain(value)
        except TypeError:
            continue
        if not _same(value, other):
            setattr(twin, name, value)


def _is_unknown(value):
    return value is None or (
        isinstance(value, (dict, list, tuple, set)) and not value
    )


def _is_variables(value):
    try:
        leaves = keras.tree.flatten(value)
    except TypeError:  # a dict whose keys have no order
        return False
    return bool(leaves) and all(map(is_variable, leaves))


def _assign(variables, others):
    old, new = keras.tree.flatten(variables), keras.tree.flatten(others)
    if len(old) == len(new) and _is_variables(new):
        for a, b in zip(old, new, strict=True):
            b.assign(a)


def _plain(value):
    """Returns a copy of plain data.

    Raises:
        TypeError: it holds anything else.
    """
    if value is None or isinstance(value, (bool, int, float, complex)):
        return value
    if isinstance(value, (str, bytes, np.generic)):
        return value
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.copy()
    if isinstance(value, tf.Tensor) and hasattr(value, "numpy"):
        return value  # cannot change
    if isinstance(value, dict):
        return {_plain(k): _plain(v) for k, v in value.items()}
    for kind in (list, tuple, set, frozenset):
        # Not of a subclass, but for those by which Keras replaces lists.
        if type(value) is kind or (kind is list and isinstance(value, list)):
            return kind(map(_plain, value))
    raise TypeError(f"Not plain data: {type(value).__name__}.")


def _same(value, other):
    try:
        return bool(np.all(value == other)) and np.shape(value) == np.shape(
            other
        )
    except (TypeError, ValueError, tf.errors.InvalidArgumentError):
        return False


@functools.cache
def bookkeeping():
    """The attributes that any layer or model has.

    TensorFlow adds its own to a layer with a weight, and they must not come
    from another one.
    """
    layer = keras.layers.Layer()
    # The default initializer would draw a seed from Python's generator.
    layer.weight = layer.add_weight(initializer="zeros")
    return frozenset({*vars(layer), *vars(keras.Model())} - {"weight"})
