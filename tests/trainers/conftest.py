"""A small run on the embedded digits."""

import pytest

from normzoo.configs import default


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """A TFDS folder that the tests share."""
    return tmp_path_factory.mktemp("tfds")


@pytest.fixture
def config(data_dir):
    """The default config, made small."""
    config = default.get_config()
    config.dataset.data_dir = str(data_dir)
    config.model.depth = 1
    config.model.width = 16
    config.batch_size = 64
    config.epochs = 2
    config.steps_per_execution = 9
    return config
