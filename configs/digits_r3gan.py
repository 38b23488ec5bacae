"""A small R3GAN, which has no norms, on scikit-learn's handwritten digits.

    python -m normzoo.trainers.gan --config=digits_r3gan --workdir=runs/r3
    python -m normzoo.trainers.compare --config=digits_r3gan --workdir=runs/r3c

Nothing is downloaded. Loss, penalties and Adam are those of R3GAN (Huang et
al., 2024). The comparison adds norms to it.
"""

from normzoo.configs import digits_dcgan


def get_config():
    config = digits_dcgan.get_config()
    config.networks = "r3gan"
    for player in (config.generator, config.discriminator):
        player.norm = "none"
        player.base_width = 32
        player.optimizer.beta_1 = 0.0
    config.loss.name = "relativistic"
    config.regularizers.r1.weight = 1.0
    config.regularizers.r2.weight = 1.0
    config.compare.baseline = "generator.norm=none,discriminator.norm=none"
    return config


def sweep():
    for seed in range(3):
        for generator in ("none", "batch", "layer", "virtual"):
            # None that mixes examples: their gradients are penalized.
            for discriminator in ("none", "layer", "group"):
                yield {
                    "generator.norm": generator,
                    "discriminator.norm": discriminator,
                    "seed": seed,
                }
