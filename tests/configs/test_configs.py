"""Every packaged config, run for one step's worth of work."""

import importlib
import itertools
import pathlib
import types

import pytest

from normzoo import configs, layers, zoo
from normzoo.trainers.comparison import sweep
from normzoo.trainers.gans import build
from normzoo.trainers.supervised.build import build_model

#: The configs of GANs, and those of classifiers.
GANS = (
    "cifar10_dcgan",
    "digits_dcgan",
    "digits_r3gan",
    "gan_default",
    "gaussians_gan",
    "mnist_dcgan",
    "mnist_r3gan",
    "mnist_sngan",
    "stacked_mnist_dcgan",
)
NAMES = sorted(
    {
        path.stem
        for path in pathlib.Path(configs.__file__).parent.glob("[a-z]*.py")
    }.difference(GANS)
)


def shapes(config):
    """Returns the shapes of an example and of the model's outputs."""
    if config.dataset.name == "tiny_shakespeare":
        window = config.dataset.window
        return (window,), (None, window, 10)
    if config.dataset.name == "mnist1d":
        return (40, 1), (None, 10)
    if config.dataset.name == "cifar10":
        return (32, 32, 3), (None, 10)
    image = {"": (28, 28, 1), "rows": (28, 28)}[config.dataset.view]
    return image, (None, 10)


@pytest.mark.parametrize("name", NAMES)
def test_the_model_can_be_built(name):
    config = importlib.import_module(f"normzoo.configs.{name}").get_config()
    example, outputs = shapes(config)
    model = build_model(config, example, 10)
    assert model.output_shape == outputs
    assert config.model.name in zoo.MODELS


@pytest.mark.parametrize("name", sorted({*NAMES} - {"default"}))
def test_the_sweep_fits_the_config(name):
    module = importlib.import_module(f"normzoo.configs.{name}")
    config = module.get_config()
    runs = sweep.plan(config, list(module.sweep()))
    recurrent = config.model.name == "stacked_rnn"
    norms = zoo.RECURRENT_NORMS if recurrent else layers.NORMS
    assert {run.config.model.norm for run in runs} <= set(norms)
    seeded = ["seed" in run.overrides for run in runs]
    assert all(seeded) or not any(seeded)
    assert len({run.seed for run in runs}) > 1 or not any(seeded)


@pytest.mark.parametrize("name", NAMES)
def test_rates_are_chosen_around_that_of_the_config(name):
    config = importlib.import_module(f"normzoo.configs.{name}").get_config()
    if rates := config.compare.tune.rates:
        assert list(rates) == sorted(set(rates))
        assert rates[len(rates) // 2] == config.optimizer.learning_rate
        ratios = [b / a for a, b in itertools.pairwise(rates)]
        assert max(ratios) < 1.2 * min(ratios)


@pytest.mark.parametrize("name", NAMES)
def test_splits_that_share_examples_do_not_vary(name):
    config = importlib.import_module(f"normzoo.configs.{name}").get_config()
    shared = config.dataset.validation_split.startswith("train[")
    assert config.compare.vary_split != shared


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("logistic", 410), ("mlp", 15_210), ("cnn", 5210), ("gru", 5134)],
)
def test_the_published_models_of_mnist1d_have_their_sizes(name, parameters):
    module = importlib.import_module(f"normzoo.configs.mnist1d_{name}")
    model = build_model(module.get_config(), (40, 1), 10)
    assert model.count_params() == parameters


@pytest.mark.parametrize("name", GANS)
def test_the_gans_can_be_built(name):
    config = importlib.import_module(f"normzoo.configs.{name}").get_config()
    shape = (2,) if config.networks == "toy" else (28, 28, 1)
    data = types.SimpleNamespace(input_shape=shape, num_classes=10)
    generator, discriminator = build.networks(config, data)
    assert generator.output_shape == (None, *shape)
    assert discriminator.output_shape == (None, 1)


@pytest.mark.parametrize("name", sorted({*GANS} - {"gan_default"}))
def test_the_sweep_of_norms_fits_the_gan(name):
    module = importlib.import_module(f"normzoo.configs.{name}")
    config = module.get_config()
    runs = sweep.plan(config, list(module.sweep()))
    assert len(runs) == 4 * 3 * 3
    assert {run.config.generator.norm for run in runs} <= set(layers.NORMS)
    assert config.compare.baseline in {run.variant for run in runs}
