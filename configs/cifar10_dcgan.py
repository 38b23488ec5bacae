"""A DCGAN that is told the classes of CIFAR-10, and makes them in color.

    python -m normzoo.trainers.gan --config=cifar10_dcgan --workdir=runs/c10 \
        --config.dataset.download=True

Half the original's width, 40,000 steps. The discriminator has a spectral norm
and the hinge loss, as in SNGAN (Miyato et al., 2018).
"""

from normzoo.configs import digits_dcgan, mnist_sngan


def get_config():
    config = mnist_sngan.get_config()
    config.dataset.name = "cifar10"
    config.networks = "dcgan"
    config.conditional = True
    config.epochs = 40
    config.steps_per_epoch = 1000
    config.steps_per_execution = 10
    config.validate_every_epochs = 5
    return config


sweep = digits_dcgan.sweep
