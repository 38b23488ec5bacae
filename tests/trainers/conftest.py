"""A small run on the embedded digits."""

import pytest

from normzoo import zoo
from normzoo.configs import default, gaussians_gan

from . import killable


@pytest.fixture(scope="session")
def small_config(data_dir):
    """Makes the default config, made small."""

    def make():
        config = default.get_config()
        config.dataset.data_dir = str(data_dir)
        config.model.depth = 1
        config.model.width = 16
        config.batch_size = 64
        config.epochs = 2
        # Adam takes as long to trace as the rest of a small model's step.
        config.optimizer.name, config.optimizer.momentum = "sgd", 0.9
        config.optimizer.learning_rate = 0.02
        # Several steps in one call are slower to trace than to run.
        config.steps_per_execution = 1
        return config

    return make


@pytest.fixture
def config(small_config):
    """The default config, made small."""
    return small_config()


@pytest.fixture(scope="module")
def shallow_toys():
    """Makes toys with one norm each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(zoo.GANS, "toy", killable.shallow_toys())
        yield


@pytest.fixture
def toy_gan():
    """A GAN on points: virtual batch norm, an average, two optimizers."""
    config = gaussians_gan.get_config()
    config.generator.norm, config.discriminator.norm = "virtual", "batch"
    config.generator.base_width = config.discriminator.base_width = 8
    config.batch_size = 16
    config.epochs, config.steps_per_epoch = 4, 8
    config.steps_per_execution = 1
    config.log_every_steps = 3
    config.metrics.samples = 100
    config.checkpoint.every_steps = 1
    return config
