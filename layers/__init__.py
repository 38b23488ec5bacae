"""Normalization layers for Keras, and their names."""

from .batch_normalization import BatchNormalization
from .layer_normalization import LayerNormalization
from .registry import NORMS, get

__all__ = ["NORMS", "BatchNormalization", "LayerNormalization", "get"]
