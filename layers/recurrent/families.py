"""The recurrent layers of each kind of cell: without norm, and with which."""

import keras

from .batch_norm_rnn import (
    BatchNormGRU,
    BatchNormIndRNN,
    BatchNormLSTM,
    BatchNormSimpleRNN,
)
from .ind_rnn import IndRNN
from .layer_norm_rnn import (
    LayerNormGRU,
    LayerNormIndRNN,
    LayerNormLSTM,
    LayerNormSimpleRNN,
)

#: Cell -> family -> the recurrent layer. The one without norm is Keras' if
#: Keras has it.
FAMILIES = {
    "lstm": {
        "keras": keras.layers.LSTM,
        "batch": BatchNormLSTM,
        "layer": LayerNormLSTM,
    },
    "gru": {
        "keras": keras.layers.GRU,
        "batch": BatchNormGRU,
        "layer": LayerNormGRU,
    },
    "simple": {
        "keras": keras.layers.SimpleRNN,
        "batch": BatchNormSimpleRNN,
        "layer": LayerNormSimpleRNN,
    },
    "indrnn": {
        "keras": IndRNN,
        "batch": BatchNormIndRNN,
        "layer": LayerNormIndRNN,
    },
}


def place_of(layer):
    """Returns the cell and the family of a recurrent layer, or None."""
    return place_of_class(type(layer))


def place_of_class(wanted):
    """Returns the same of a class; a subclass may compute another thing."""
    for cell, classes in FAMILIES.items():
        for family, cls in classes.items():
            if wanted is cls:
                return cell, family
    return None
