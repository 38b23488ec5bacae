"""Normalization layers for Keras, and their names."""

from .batch_normalization import BatchNormalization
from .layer_normalization import LayerNormalization
from .reference_model import ReferenceModel
from .registry import NORMS, get
from .virtual_batch_normalization import VirtualBatchNormalization

__all__ = [
    "NORMS",
    "BatchNormalization",
    "LayerNormalization",
    "ReferenceModel",
    "VirtualBatchNormalization",
    "get",
]
