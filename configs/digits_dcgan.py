"""A small DCGAN on scikit-learn's 1,797 handwritten digits.

    python -m normzoo.trainers.gan --config=digits_dcgan --workdir=runs/g
    python -m normzoo.trainers.compare --config=digits_dcgan --workdir=runs/gc

Nothing is downloaded.
"""

from normzoo.configs import gan_default


def get_config():
    config = gan_default.get_config()
    config.dataset.name = "digits"
    config.generator.base_width = 16
    config.generator.latent_dim = 32
    config.discriminator.base_width = 16
    config.epochs = 10
    config.steps_per_epoch = 100
    config.steps_per_execution = 10
    config.ema_decay = 0.99
    config.metrics.classifier_epochs = 30
    config.compare.baseline = "generator.norm=batch,discriminator.norm=batch"
    return config


def sweep():
    for seed in range(3):
        for generator in ("none", "batch", "layer", "virtual"):
            for discriminator in ("none", "batch", "layer"):
                yield {
                    "generator.norm": generator,
                    "discriminator.norm": discriminator,
                    "seed": seed,
                }
