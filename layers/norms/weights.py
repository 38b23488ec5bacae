"""The weights that normalization layers have in common."""

from ..numerics.axes import known_sizes


def add_affine_weights(layer, wanted, axes, input_shape):
    """Adds `gamma`, `beta` or the like, with the layer's arguments for each.

    The sizes of the axes must be known if there is a weight.

    Args:
        layer: a Keras layer with the attributes NAME_initializer,
            NAME_regularizer and NAME_constraint. It gets an attribute NAME.
        wanted: dict, the weights' names -> whether the layer has it.
        axes: the axes that the weights are along.
        input_shape: the shape of the layer's inputs.
    """
    for name in (name for name, is_wanted in wanted.items() if is_wanted):
        weight = layer.add_weight(
            name=name,
            shape=known_sizes(axes, input_shape),
            initializer=getattr(layer, f"{name}_initializer"),
            regularizer=getattr(layer, f"{name}_regularizer"),
            constraint=getattr(layer, f"{name}_constraint"),
            autocast=False,
        )
        setattr(layer, name, weight)


def add_statistic(layer, name, initializer, shape):
    """Adds a weight that is not trained, but learned from the inputs.

    It is float32 at least, whatever the dtype policy: half precision does not
    hold the squares of what it holds, and loses small updates. All replicas of
    a strategy get the mean of their updates.

    Args:
        layer: a Keras layer.
        name: of the weight.
        initializer: of the weight.
        shape: of the weight.
    """
    return layer.add_weight(
        name=name,
        shape=shape,
        initializer=initializer,
        dtype="float64" if layer.variable_dtype == "float64" else "float32",
        trainable=False,
        autocast=False,
        aggregation="mean",
    )
