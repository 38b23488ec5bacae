"""The weights that normalization layers have in common."""


def add_affine_weight(layer, name, shape):
    """Adds `gamma`, `beta` or the like, with the layer's arguments for it.

    Args:
        layer: a Keras layer with the attributes NAME_initializer,
            NAME_regularizer and NAME_constraint.
        name: of the weight.
        shape: of the weight.
    """
    return layer.add_weight(
        name=name,
        shape=shape,
        initializer=getattr(layer, f"{name}_initializer"),
        regularizer=getattr(layer, f"{name}_regularizer"),
        constraint=getattr(layer, f"{name}_constraint"),
        autocast=False,
    )


def add_statistic(layer, name, initializer, shape, dtype=None):
    """Adds a weight that is not trained, but learned from the inputs.

    All replicas of a strategy get the mean of their updates.

    Args:
        layer: a Keras layer.
        name: of the weight.
        initializer: of the weight.
        shape: of the weight.
        dtype: of the weight; by default the layer's.
    """
    return layer.add_weight(
        name=name,
        shape=shape,
        initializer=initializer,
        dtype=dtype,
        trainable=False,
        autocast=False,
        aggregation="mean",
    )
