"""The toy of mode collapse: a GAN of perceptrons on 25 Gaussians.

    python -m normzoo.trainers.compare --config=gaussians_gan \
        --workdir=runs/modes

Nothing is downloaded. Grid, noise and samples are those of PacGAN (Lin et al.,
2018); networks, batches and training are smaller, for 36 runs on a CPU. Batch,
average and length were chosen by the pair without norms alone.
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
    config.ema_decay = 0.99
    config.batch_size = 128
    config.epochs = 5
    config.steps_per_epoch = 1000
    config.steps_per_execution = 50
    config.metrics.features = "raw"
    config.metrics.samples = 2500
    config.compare.metric = "modes"
    config.compare.baseline = "generator.norm=none,discriminator.norm=none"
    return config


sweep = digits_dcgan.sweep
