"""The normalization layers, one file a norm."""
