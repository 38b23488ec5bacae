"""A small R3GAN, which has no norms, on MNIST.

    python -m normzoo.trainers.gan --config=mnist_r3gan --workdir=runs/r3 \
        --config.dataset.download=True

As `digits_r3gan`, with twice the steps and a longer average.
"""

from normzoo.configs import digits_r3gan


def get_config():
    config = digits_r3gan.get_config()
    config.dataset.name = "mnist"
    config.generator.latent_dim = 64
    config.epochs = 4
    config.steps_per_epoch = 500
    config.ema_decay = 0.999
    config.metrics.classifier_epochs = 3
    return config


sweep = digits_r3gan.sweep
