"""Experiments as plain data: one `ml_collections` config per file."""
