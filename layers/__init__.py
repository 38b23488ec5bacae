"""Normalization layers for Keras, and their names."""

from .registry import NORMS, get

__all__ = ["NORMS", "get"]
