"""The layers inside a layer, and the state that Keras does not list."""

import keras
import tensorflow as tf


def inner_layers(layer):
    """Returns a layer and all layers inside it, at any depth, each once."""
    # Not public. What stands in for it finds the same layers.
    flatten = getattr(layer, "_flatten_layers", None)
    return list(flatten()) if flatten else list(_walk(layer, set()))


def _walk(layer, seen):
    if id(layer) in seen:
        return
    seen.add(id(layer))
    yield layer
    for value in keras.tree.flatten(list(vars(layer).values())):
        if isinstance(value, keras.Layer):
            yield from _walk(value, seen)


def is_variable(value):
    """Whether something is a variable, Keras' or TensorFlow's."""
    return isinstance(value, (keras.Variable, tf.Variable))


def state_variables(model):
    """Returns the variables that a call of a model may change.

    They are those that are not trained, among them the states of seed
    generators, and the states of stateful recurrent layers, which are in none
    of a model's lists.
    """
    found = {id(v): v for v in model.non_trainable_variables}
    for layer in inner_layers(model):
        for value in keras.tree.flatten(getattr(layer, "states", None) or []):
            if is_variable(value):
                found[id(value)] = value
    return list(found.values())
