"""The toy of mode collapse: a GAN of perceptrons on 25 Gaussians.

    python -m normzoo.trainers.compare --config=gaussians_gan \
        --workdir=runs/modes

Nothing is downloaded.
"""

from normzoo.configs import digits_dcgan, gan_default


def get_config():
    config = gan_default.get_config()
    config.dataset.name = "gaussians25"
    config.networks = "toy"
    config.generator.base_width = 128
    config.generator.latent_dim = 2
    config.discriminator.base_width = 128
    for player in (config.generator, config.discriminator):
        player.optimizer.learning_rate = 1e-3
    config.batch_size = 256
    config.epochs = 6
    config.steps_per_epoch = 500
    config.steps_per_execution = 50
    config.metrics.features = "raw"
    config.compare.metric = "modes"
    config.compare.baseline = "generator.norm=none,discriminator.norm=none"
    return config


sweep = digits_dcgan.sweep
