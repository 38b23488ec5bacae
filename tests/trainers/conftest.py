"""A small run on the embedded digits."""

import pytest

from normzoo.configs import default, gaussians_gan


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
        config.steps_per_execution = 9
        return config

    return make


@pytest.fixture
def config(small_config):
    """The default config, made small."""
    return small_config()


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
