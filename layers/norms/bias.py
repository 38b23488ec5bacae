"""What a norm does to a bias in front of it, and whether it has one itself."""

import keras

from .instance_normalization import InstanceNormalization
from .virtual_batch_normalization import VirtualBatchNormalization

_OVER_ONE_CHANNEL = (
    keras.layers.BatchNormalization,
    InstanceNormalization,
    VirtualBatchNormalization,
)


def cancels_bias(norm):
    """Returns whether a norm subtracts whatever was added to each channel.

    A bias before such a norm has no effect. Layer and group norm subtract the
    mean over several channels, so differences between channels remain.
    """
    return isinstance(norm, _OVER_ONE_CHANNEL) and subtracts_mean(norm)


def subtracts_mean(norm):
    """Returns whether a norm subtracts a mean, if its kind does.

    EvoNorm B0 has the statistics of a batch norm, and another formula.
    """
    return getattr(norm, "subtracts_mean", True)


def has_shift(layer):
    """Returns whether a built layer adds a weight `beta` to its outputs."""
    return getattr(layer, "beta", None) is not None
