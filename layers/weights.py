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
