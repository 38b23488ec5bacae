"""Norms of kernels instead of activations, one file a norm."""
