"""Which penalties of the discriminator's gradient a config asks for."""

import keras

from ...layers import get
from ..common.errors import InputError
from .model.losses import LOSSES
from .model.regularizers import REGULARIZERS, Penalty


def penalties(config):
    """Returns the `Penalty`s of the discriminator's loss."""
    parts = {name: config.regularizers[name] for name in REGULARIZERS}
    found = [
        Penalty(name, part.weight, part.every)
        for name, part in parts.items()
        if part.weight
    ]
    if LOSSES[config.loss.name].penalized and config.loss.penalty:
        found.append(Penalty("gradient_penalty", config.loss.penalty))
    return found


def check(config):
    """Raises `InputError` unless the penalties fit the loss and the norm."""
    found = penalties(config)
    if len({each.name for each in found}) < len(found):
        raise InputError(
            f"The loss {config.loss.name!r} has a gradient penalty already. "
            f"Received: loss.penalty={config.loss.penalty} and "
            "regularizers.gradient_penalty.weight="
            f"{config.regularizers.gradient_penalty.weight}. Set one of them "
            "to 0."
        )
    norm = config.discriminator.norm
    if found and mixes_examples(norm):
        names = ", ".join(each.name for each in found)
        raise InputError(
            "The gradient is penalized for each example separately, but batch "
            f"norm mixes examples. Received: {names}, with "
            f"loss.name={config.loss.name!r} and discriminator.norm={norm!r}. "
            "Use layer or none, or set the weights of regularizers and "
            "loss.penalty to 0."
        )


def mixes_examples(norm):
    """Returns whether an example's outputs depend on the rest of its batch."""
    # EvoNorm B0 and the other kin of batch norm are subclasses of it.
    return isinstance(get(norm)(), keras.layers.BatchNormalization)
