"""The normalization layers, one file a norm, and reference models."""
