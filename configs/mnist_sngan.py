"""Residual networks with a spectral norm in the discriminator, on MNIST.

    python -m normzoo.trainers.gan --config=mnist_sngan --workdir=runs/sn \
        --config.dataset.download=True

Networks, loss and Adam are those of SNGAN (Miyato et al., 2018) for CIFAR-10;
the width is an eighth of the generator's there, and the discriminator is
updated once, not five times, for each update of the generator.
"""

from normzoo.configs import digits_dcgan, gan_default


def get_config():
    config = gan_default.get_config()
    config.dataset.name = "mnist"
    config.networks = "sngan"
    config.generator.base_width = 32
    config.generator.latent_dim = 128
    config.discriminator.norm = "none"
    config.discriminator.weight_norm = "spectral"
    config.discriminator.base_width = 32
    for player in (config.generator, config.discriminator):
        player.optimizer.beta_1 = 0.0
    config.loss.name = "hinge"
    config.epochs = 4
    config.steps_per_epoch = 500
    config.compare.baseline = "generator.norm=batch,discriminator.norm=none"
    return config


sweep = digits_dcgan.sweep
