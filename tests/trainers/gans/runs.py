"""Small runs of GANs."""

import json

import keras

from normzoo.configs import digits_dcgan, gaussians_gan
from normzoo.trainers import gan


def small(config):
    config.generator.base_width = 8
    config.discriminator.base_width = 8
    config.batch_size = 16
    config.epochs = 2
    config.steps_per_epoch = 6
    config.steps_per_execution = 1
    config.log_every_steps = 4
    config.metrics.samples = 100
    config.metrics.features = "raw"
    return config


def small_digits(data_dir):
    """Returns the config of a GAN of digits, measured without a classifier."""
    config = small(digits_dcgan.get_config())
    config.dataset.data_dir = str(data_dir)
    config.generator.latent_dim = 4
    config.generator.norm = "virtual"
    return config


def small_toy():
    """Returns the config of a GAN that is told which Gaussian is wanted."""
    config = small(gaussians_gan.get_config())
    config.conditional = True
    config.generator.norm = "virtual"
    return config


def train(config, workdir, **kwargs):
    return gan.train(config, workdir, verbose=0, **kwargs)


def lines(workdir):
    text = (workdir / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def weights(workdir):
    folder = workdir / "checkpoints"
    models = [
        keras.saving.load_model(folder / f"{name}.keras")
        for name in ("generator", "discriminator")
    ]
    return [w.numpy() for model in models for w in model.weights]
