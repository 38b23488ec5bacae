"""Keras' own tests of the layers that ours stand in for.

They ship in Keras' wheel, and run from there with our classes in place of
Keras'.
"""

import importlib
import unittest
import warnings

import keras.src
import pytest

from normzoo import layers

SUITES = {
    "BatchNormalization": "batch_normalization_test",
    "GroupNormalization": "group_normalization_test",
    "LayerNormalization": "layer_normalization_test",
    "RMSNormalization": "rms_normalization_test",
}

LEFT_OUT = (
    "test_session",
    # Any number of groups and of channels go together in ours.
    "test_groups_bigger_than_dim_error",
    "test_groups_not_a_multiple_of_dim_error",
    # Ours words the error its own way, see test_norms_per_example.py.
    "test_undefined_dim_error",
)


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        elif not test.id().endswith(LEFT_OUT):
            yield test


def keras_tests():
    for name, module in SUITES.items():
        path = f"keras.src.layers.normalization.{module}"
        module = importlib.import_module(path)
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        for test in flatten(suite):
            test_id = test.id().removeprefix(f"{path}.")
            yield pytest.param(name, test, id=test_id)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "test"), list(keras_tests()))
def test_keras_own(name, test, monkeypatch):
    monkeypatch.setattr(keras.src.layers, name, getattr(layers, name))
    result = unittest.TestResult()
    with warnings.catch_warnings():
        # Keras' tests are not run with warnings as errors.
        warnings.simplefilter("ignore")
        test.run(result)
    problems = result.errors + result.failures
    assert not problems, problems[0][1]
    assert result.testsRun == 1
    assert not result.skipped
