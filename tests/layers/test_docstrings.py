"""The examples in the docstrings run, and print what they say."""

import doctest
import importlib
import pkgutil

import pytest

from normzoo import layers

MODULES = [module.name for module in pkgutil.iter_modules(layers.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(f"normzoo.layers.{name}")
    assert doctest.testmod(module).failed == 0
