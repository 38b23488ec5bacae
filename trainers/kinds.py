"""Which trainer a config is for."""

from . import classify, gan, latency


def trainer_of(config):
    """Returns the module with `train`, `check` and `resolve` for a config."""
    if "latency" in config:
        return latency
    return gan if "generator" in config else classify
