"""Which models show how their layers are connected."""

import functools

import keras


@functools.cache
def _functional():
    """The class of functional models, which has no public name."""
    x = keras.Input((1,))
    # Older versions of Keras make no model whose output is its input.
    return type(keras.Model(x, keras.layers.Identity()(x)))


def is_graph(layer):
    """Whether `layer` is a model whose calls are known: no code of its own."""
    if isinstance(layer, keras.Sequential):
        return type(layer).call is keras.Sequential.call
    return isinstance(layer, _functional()) and (
        type(layer).call is _functional().call
    )


def check_graph(model, advice):
    """Raises an error unless it is known how a model's layers are connected.

    Args:
        model: any model.
        advice: what to do with one that has a `call` of its own.

    Raises:
        TypeError: it is neither functional nor Sequential.
        ValueError: it is Sequential and not built.
    """
    if not is_graph(model):
        raise TypeError(
            "Only functional and Sequential models show how their layers are "
            "connected. Received a model of type "
            f"{type(model).__name__}, which has a `call` of its own. {advice}"
        )
    if not model.built:
        raise ValueError(
            f"The Sequential model {model.name!r} has no weights yet. Start it "
            "with a `keras.Input`, or call it once."
        )


def as_functional(model):
    """Returns a plain functional model of the same layers and calls."""
    return keras.Model(input_of(model), output_of(model), name=model.name)


def input_of(model):
    """Returns the symbolic inputs of a graph, one, or a list or dict."""
    # A Sequential model has no `input` before it is called.
    is_sequential = isinstance(model, keras.Sequential)
    return model.inputs[0] if is_sequential else model.input


def output_of(model):
    """Returns the symbolic outputs of a graph, one, or a list or dict."""
    if not isinstance(model, keras.Sequential):
        return model.output
    outputs = model.outputs
    return outputs[0] if len(outputs) == 1 else outputs


def input_layer(functional, tensor):
    """Returns the layer that one of a functional model's inputs is of."""
    return next(
        layer
        for layer in functional.layers
        if isinstance(layer, keras.layers.InputLayer) and layer.output is tensor
    )


def input_names(model):
    """Returns the names of a model's inputs, in the order of `model.inputs`.

    Args:
        model: functional or Sequential, built.
    """
    functional = as_functional(model)
    return [input_layer(functional, x).name for x in functional.inputs]


def check_built(model):
    """Raises an error unless something is a Keras model with weights.

    Raises:
        TypeError: it is no Keras model.
        ValueError: it has no weights yet.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            "Expected a Keras model. Received: an object of type "
            f"{type(model).__name__}."
        )
    if not model.built:
        raise ValueError(
            f"The model {model.name!r} has no weights yet. Start it with a "
            "`keras.Input`, or call it once."
        )
