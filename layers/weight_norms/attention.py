"""The linear maps inside of attention, which Keras makes when it is built."""

import keras

_ATTENTION = (
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,
)


def is_attention(layer):
    """Whether a layer has the parts of `parts_of`."""
    return isinstance(layer, _ATTENTION)


def parts_of(layer):
    """Returns the names of the linear maps, as their weights' paths have it."""
    gate = ("gate",) * bool(layer.get_config().get("use_gate"))
    return ("query", "key", *gate, "value", "attention_output")


def part(layer, name):
    """Returns one of the linear maps of a built layer.

    Raises:
        ValueError: the layer has no such, as other versions of Keras might.
    """
    for value in vars(layer).values():
        if isinstance(value, keras.layers.EinsumDense) and value.name == name:
            return value
    raise ValueError(
        f"The linear map {name!r} was not found in the {type(layer).__name__} "
        f"{layer.name!r}, so its kernel cannot be normalized."
    )


def build(layer, shape):
    """Builds a layer for inputs of a shape: of attention to themselves.

    Raises:
        ValueError: attention is built for keys or values of other features.
    """
    shapes = [shape, shape] if is_attention(layer) else [shape]
    if not layer.built:
        layer.build(*shapes)
    check(layer)


def check(layer):
    """Raises `ValueError` for attention to inputs of other features."""
    if not is_attention(layer):
        return
    features = {
        name: part(layer, name).kernel.shape[0]
        for name in ("query", "key", "value")
    }
    if len(set(features.values())) > 1:
        raise ValueError(
            "Attention has a weight norm only if queries, keys and values have "
            f"the same number of features. Received: {features} in the layer "
            f"{layer.name!r}."
        )
