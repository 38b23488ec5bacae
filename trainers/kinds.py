"""Which trainer a config is for."""

from . import classify, gan


def trainer_of(config):
    """Returns the module with `train`, `check` and `resolve` for a config."""
    return gan if "generator" in config else classify
