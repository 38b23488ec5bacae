"""Configs of small runs."""

import pytest

from .runs import small_digits, small_toy


@pytest.fixture
def config(data_dir):
    """A small GAN on the digits, measured without a classifier."""
    return small_digits(data_dir)


@pytest.fixture
def toy():
    """A small GAN on points, which is faster to compile."""
    return small_toy()
