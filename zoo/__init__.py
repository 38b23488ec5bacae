"""Reference models that take any normalization by name."""
