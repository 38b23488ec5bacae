"""Which layers are batch norms."""

import keras

from ..norms.batch_normalization import BatchNormalization

#: The classes whose inference is known; a subclass may compute another thing.
KNOWN_BATCH_NORMS = (keras.layers.BatchNormalization, BatchNormalization)


def is_batch_norm(layer):
    """Whether a layer is a batch norm, Keras', ours, or of a subclass."""
    return isinstance(layer, KNOWN_BATCH_NORMS)


def batch_norms_in(layer):
    """The batch norms inside a model or layer, at any depth."""
    inner = layer._flatten_layers(include_self=False)
    return [layer for layer in inner if is_batch_norm(layer)]
