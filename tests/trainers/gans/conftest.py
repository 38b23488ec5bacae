"""Configs of small runs."""

import pytest

from normzoo.configs import digits_dcgan

from .runs import small, small_toy


@pytest.fixture
def config(data_dir):
    """A small GAN on the digits, measured without a classifier."""
    config = small(digits_dcgan.get_config())
    config.dataset.data_dir = str(data_dir)
    config.generator.latent_dim = 4
    config.generator.norm = "virtual"
    return config


@pytest.fixture
def toy():
    """A small GAN on points, which is faster to compile."""
    return small_toy()
