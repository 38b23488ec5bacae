"""Normalization layers for Keras, and their names."""

from .batch_norm_rnn import BatchNormGRU, BatchNormLSTM, BatchNormSimpleRNN
from .batch_normalization import BatchNormalization
from .filter_response_normalization import FilterResponseNormalization
from .folding import FoldResult, fold_batch_norm
from .group_normalization import GroupNormalization
from .instance_normalization import InstanceNormalization
from .layer_norm_rnn import LayerNormGRU, LayerNormLSTM, LayerNormSimpleRNN
from .layer_normalization import LayerNormalization
from .reference_model import ReferenceModel
from .registry import NORMS, get
from .rms_normalization import RMSNormalization
from .statistics import reestimate_statistics
from .virtual_batch_normalization import VirtualBatchNormalization

__all__ = [
    "NORMS",
    "BatchNormGRU",
    "BatchNormLSTM",
    "BatchNormSimpleRNN",
    "BatchNormalization",
    "FilterResponseNormalization",
    "FoldResult",
    "GroupNormalization",
    "InstanceNormalization",
    "LayerNormGRU",
    "LayerNormLSTM",
    "LayerNormSimpleRNN",
    "LayerNormalization",
    "RMSNormalization",
    "ReferenceModel",
    "VirtualBatchNormalization",
    "fold_batch_norm",
    "get",
    "reestimate_statistics",
]
