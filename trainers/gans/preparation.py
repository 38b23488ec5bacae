"""What a GAN's run needs, made ready before it begins."""

from ..data import loading
from . import build, settings
from .metrics import features
from .metrics.evaluation import Evaluator, check_samples
from .metrics.features import SOURCES


def load_checked(config, load=loading.load_data):
    """Returns the data of a config, which fit it.

    Args:
        config: of a run.
        load: `loading.load_data`, or what is as good for a check.

    Raises:
        InputError: they do not.
    """
    data = load(config)
    settings.check_data(config, data)
    SOURCES[config.metrics.features].check(config)
    check_samples(config, data)
    return data


def prepared(config):
    """Returns the data and the evaluator of a config that can be run."""
    data = load_checked(config)
    # Their mistakes are said before a classifier is trained.
    build.networks(config, data)
    extractor = features.load_features(config)
    return data, Evaluator(config, data, extractor)
