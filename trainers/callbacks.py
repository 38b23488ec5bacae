"""Keras callbacks that work with any model and any `fit`."""

from .inspection.norm_statistics import NormStatistics

__all__ = ["NormStatistics"]
