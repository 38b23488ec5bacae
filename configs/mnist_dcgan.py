"""Norms of the generator and the discriminator in a DCGAN on MNIST.

    python -m normzoo.trainers.compare --config=mnist_dcgan --workdir=runs/mg \
        --config.dataset.download=True

A quarter of the original's width, 2,000 steps; 36 runs.
"""

from normzoo.configs import digits_dcgan, gan_default


def get_config():
    config = gan_default.get_config()
    config.dataset.name = "mnist"
    config.generator.base_width = 16
    config.discriminator.base_width = 16
    config.epochs = 4
    config.steps_per_epoch = 500
    config.compare.baseline = "generator.norm=batch,discriminator.norm=batch"
    return config


sweep = digits_dcgan.sweep
