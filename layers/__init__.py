"""Normalization layers for Keras, and their names."""

from .batch_normalization import BatchNormalization
from .folding import FoldResult, fold_batch_norm
from .layer_normalization import LayerNormalization
from .registry import NORMS, get
from .statistics import reestimate_statistics

__all__ = [
    "NORMS",
    "BatchNormalization",
    "FoldResult",
    "LayerNormalization",
    "fold_batch_norm",
    "get",
    "reestimate_statistics",
]
