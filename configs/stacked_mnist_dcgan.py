"""Modes of StackedMNIST that a DCGAN finds: three digits as three colors.

    python -m normzoo.trainers.gan --config=stacked_mnist_dcgan \
        --workdir=runs/s --config.dataset.download=True

There are 1,000 modes, counted among 10,000 samples. For as many as Lin et al.
(2018) count them in, add --config.metrics.samples=26000.
"""

from normzoo.configs import mnist_dcgan


def get_config():
    config = mnist_dcgan.get_config()
    config.dataset.name = "stacked_mnist"
    config.metrics.samples = 10_000
    config.compare.metric = "modes"
    config.compare.least.modes = 10.0
    return config


sweep = mnist_dcgan.sweep
