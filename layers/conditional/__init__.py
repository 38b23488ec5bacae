"""Norms whose scale and shift come from a second input."""
