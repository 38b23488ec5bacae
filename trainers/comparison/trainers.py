"""Which trainer a config is for."""

from ..gans import trainer as gan
from ..supervised import latency
from ..supervised import trainer as classifier


def trainer_of(config):
    """Returns the module with `train`, `check` and `resolve` for a config."""
    if "latency" in config:
        return latency
    return gan if "generator" in config else classifier
