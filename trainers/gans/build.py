"""From a config to a compiled GAN."""

import types

import keras

from ... import zoo
from ...layers import ReferenceModel
from ..common.errors import InputError
from ..run.optimizers import build_optimizer
from ..supervised.build import steps_per_execution
from . import settings
from .model import losses
from .model.gan import GAN
from .sampling import latent


def compiled_gan(config, data):
    """Returns the compiled `GAN` that `config` describes.

    Args:
        config: `ConfigDict` with the keys of `configs/gan_default.py`.
        data: `loading.Data`.

    Raises:
        InputError: the config makes no GAN for these data.
    """
    settings.check(config, data)
    generator, discriminator = networks(config, data.input_shape)
    steps = config.epochs * steps_per_epoch(config, data)
    optimizers = [
        _optimizer(config.discriminator, steps * config.discriminator.updates),
        _optimizer(config.generator, steps),
    ]
    gan = GAN(
        generator,
        discriminator,
        losses.get(config.loss.name, config.loss.label_smoothing),
        n_dis=config.discriminator.updates,
        discriminator_batch=config.discriminator.batch,
        statistics=config.discriminator.statistics,
        penalty=config.loss.penalty,
        ema_decay=config.ema_decay,
        finite_only=config.loss.on_nan != "raise",
        seed=config.seed,
    )
    gan.compile(
        *optimizers,
        jit_compile=config.jit_compile,
        steps_per_execution=steps_per_execution(
            config, steps_per_epoch(config, data)
        ),
    )
    gan.reset_average()
    return gan


def networks(config, shape):
    """Returns the generator and the discriminator for examples of a shape."""
    make, tell = zoo.GANS[config.networks]
    sizes = (shape[0], shape[2]) if config.networks == "dcgan" else shape
    of_generator, of_discriminator = config.generator, config.discriminator
    try:
        generator = make(
            *sizes,
            base_width=of_generator.base_width,
            latent_dim=of_generator.latent_dim,
            norm=of_generator.norm,
            seed=config.seed,
        )
        discriminator = tell(
            *sizes,
            base_width=of_discriminator.base_width,
            norm=of_discriminator.norm,
            seed=config.seed,
        )
    except ValueError as error:
        raise InputError(f"The networks cannot be built. {error}") from error
    if of_generator.norm == "virtual":
        reference = latent(
            config.seed, "reference", config.batch_size, of_generator.latent_dim
        )
        generator = ReferenceModel(generator, reference, name="generator")
    return generator, discriminator


def steps_per_epoch(config, data):
    """Returns the number of generator updates in an epoch."""
    return config.steps_per_epoch or steps_per_pass(config, data)


def steps_per_pass(config, data):
    """Returns the number of generator updates in a pass over the data."""
    examples = config.batch_size * config.discriminator.updates
    return len(data.train.labels) // examples


def _optimizer(player, steps):
    settings = types.SimpleNamespace(optimizer=player.optimizer)
    optimizer = build_optimizer(settings, steps)
    if keras.config.dtype_policy().name == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
