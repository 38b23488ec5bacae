"""Normalization layers for Keras, and their names."""

from .folding import FoldResult, fold_batch_norm
from .registry import NORMS, get
from .statistics import reestimate_statistics

__all__ = [
    "NORMS",
    "FoldResult",
    "fold_batch_norm",
    "get",
    "reestimate_statistics",
]
