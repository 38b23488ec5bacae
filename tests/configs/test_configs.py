"""Every packaged config, run for one step's worth of work."""

import importlib
import pathlib

import pytest

from normzoo import configs, layers, zoo
from normzoo.trainers import classify, sweep

NAMES = sorted(
    path.stem
    for path in pathlib.Path(configs.__file__).parent.glob("[a-z]*.py")
)


@pytest.mark.parametrize("name", NAMES)
def test_the_model_can_be_built(name):
    config = importlib.import_module(f"normzoo.configs.{name}").get_config()
    model = classify.build_model(config, (28, 28, 1), 10)
    assert model.output_shape == (None, 10)
    assert config.model.name in zoo.MODELS


@pytest.mark.parametrize("name", sorted({*NAMES} - {"default"}))
def test_the_sweep_fits_the_config(name):
    module = importlib.import_module(f"normzoo.configs.{name}")
    runs = sweep.plan(module.get_config(), list(module.sweep()))
    assert {run.config.model.norm for run in runs} <= set(layers.NORMS)
    assert len({run.seed for run in runs}) > 1
