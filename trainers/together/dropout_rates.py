"""Models of one structure whose dropout rates are others in each run."""

import contextlib

import keras

from ...layers.models.inner_layers import inner_layers
from ...layers.numerics.replicas import dropout
from ...zoo.dropout import Dropout
from .vectorizing import NotVectorizableError, replaced

_KINDS = (keras.layers.Dropout, Dropout)
#: Of a layer's config, what is a value in a graph, or not in the graph at all.
_VALUES = ("name", "rate", "seed")


def rates_of(model):
    """Returns the rates of a model's dropout layers, in their order."""
    return [layer.rate for layer in _dropping(model)]


def set_rates(model, rates):
    """Sets the rates of dropout layers, in the order of `rates_of`."""
    for layer, rate in zip(_dropping(model), rates, strict=True):
        layer.rate = rate


def check_alike(models):
    """Raises an error unless models differ in nothing but values.

    Args:
        models: descriptions from `described`.

    Raises:
        NotVectorizableError: there are differences.
    """
    first, *others = models
    for other in others:
        if len(first) != len(other):
            raise NotVectorizableError("the models have different layers")
        for (name, one), (_, another) in zip(first, other, strict=True):
            if one != another:
                raise NotVectorizableError(
                    f"the layer {name!r} is another one in each model"
                )


def described(model):
    """Returns pairs of a layer's name and what its operations depend on."""
    return [(layer.name, _described(layer)) for layer in inner_layers(model)]


def _described(layer):
    if isinstance(layer, keras.Model):
        return type(layer)  # its layers are described by themselves
    try:
        config = layer.get_config()
    except NotImplementedError:
        return type(layer), {}  # the layer around it tells
    return type(layer), _without_values(config)


def _without_values(config):
    """Returns a config, and the configs of layers in it, without values."""
    if isinstance(config, (list, tuple)):
        return [_without_values(each) for each in config]
    if not isinstance(config, dict):
        return config
    return {
        key: _without_values(value)
        for key, value in config.items()
        if key not in _VALUES and not str(key).endswith("initializer")
    }


@contextlib.contextmanager
def dropping(model, rates):
    """Gives the dropout layers other rates in the block.

    Args:
        model: has the layers.
        rates: one scalar tensor for each of them, in the order of `rates_of`;
            none: the layers keep their own.
    """
    if not rates:
        yield
        return
    calls = [
        (layer, {"call": _call_with(layer, rate)})
        for layer, rate in zip(_dropping(model), rates, strict=True)
    ]
    with replaced(calls):
        yield


def _call_with(layer, rate):
    def call(inputs, training=False):
        if not training:
            return inputs
        # Both kinds have the same noise, bit by bit.
        shape = Dropout.sizes(layer, inputs)
        return dropout(inputs, rate, layer.seed_generator, shape)

    return call


def _dropping(model):
    return [
        layer
        for layer in inner_layers(model)
        if type(layer) in _KINDS and layer.rate > 0
    ]
