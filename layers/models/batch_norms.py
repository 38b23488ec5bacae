"""Which layers are batch norms."""

import keras

from ..norms.batch_normalization import BatchNormalization
from ..norms.split_batch_normalization import SplitBatchNormalization
from ..recurrent.batch_norm_rnn import (
    BatchNormGRU,
    BatchNormIndRNN,
    BatchNormLSTM,
    BatchNormSimpleRNN,
)
from .inner_layers import inner_layers

#: The classes whose inference is known; a subclass may compute another thing.
KNOWN_BATCH_NORMS = (
    keras.layers.BatchNormalization,
    BatchNormalization,
    SplitBatchNormalization,
)

_RECURRENT = (
    BatchNormLSTM,
    BatchNormGRU,
    BatchNormSimpleRNN,
    BatchNormIndRNN,
)


def is_batch_norm(layer):
    """Whether a layer is a batch norm, Keras', ours, or of a subclass."""
    return isinstance(layer, KNOWN_BATCH_NORMS)


def batch_norms_in(layer):
    """The batch norms inside a model or layer, at any depth."""
    _, *inner = inner_layers(layer)
    return [layer for layer in inner if is_batch_norm(layer)]


def is_recurrent(layer):
    """Whether a layer is recurrent with batch norms in its steps."""
    return isinstance(layer, _RECURRENT)


def estimated_layers_in(layer):
    """The layers inside that learn moving statistics, at any depth."""
    _, *inner = inner_layers(layer)
    return [x for x in inner if is_batch_norm(x) or is_recurrent(x)]
