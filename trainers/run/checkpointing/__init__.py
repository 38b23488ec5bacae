"""Checkpoints: one state of a run, and the folder of all of them."""
