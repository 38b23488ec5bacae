"""The recurrent layers of each kind of cell: without norm, and with which."""

import keras

from .batch_norm_rnn import BatchNormGRU, BatchNormLSTM, BatchNormSimpleRNN
from .layer_norm_rnn import LayerNormGRU, LayerNormLSTM, LayerNormSimpleRNN

#: Cell -> family -> the recurrent layer.
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
}
