"""Fresh weights of a model that exists."""

import keras

from ...layers.models.inner_layers import inner_layers
from ...layers.models.selection import is_norm
from ...layers.weight_norms.base import WeightNorm
from .likeness import made_again


def fresh_variables(model):
    """Returns the `id`s of the variables that a fresh start draws again.

    They are the weights that are trained, what norms learn besides, and the
    states of layers with noise. Adapted layers and frozen ones keep theirs.
    """
    learned = [
        variable
        for layer in inner_layers(model)
        if (is_norm(layer) or isinstance(layer, WeightNorm)) and layer.trainable
        for variable in layer.variables
    ]
    others = [
        variable
        for variable in model.variables
        if variable.trainable or variable.path.endswith("seed_generator_state")
    ]
    return {id(variable) for variable in (*learned, *others)}


def refresh(model, source, seed):
    """Gives a model the values that its layers' initializers make.

    Args:
        model: a copy of `source`.
        source: of the user's own.
        seed: of the values, all but those of initializers that have their own.
    """
    # Initializers without a seed draw theirs when a layer is made.
    keras.utils.set_random_seed(seed)
    fresh = made_again(source)
    drawn = fresh_variables(model)
    for mine, new in zip(model.variables, fresh.variables, strict=True):
        if id(mine) in drawn:
            mine.assign(new)
