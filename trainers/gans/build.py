"""From a config to a compiled GAN."""

import types

import keras

from ... import zoo
from ...layers import ReferenceModel
from ..common.user_code import building
from ..run.optimizers import build_optimizer
from ..run.reuse import UNSHARED, assign
from ..supervised.build import steps_per_execution
from .inputs import drawn_inputs
from .model import losses
from .model.gan import GAN
from .regularization import penalties


def compiled_gan(config, data, models=UNSHARED):
    """Returns the compiled `GAN` that `config` describes.

    Args:
        config: `ConfigDict` with the keys of `configs/gan_default.py`.
        data: `loading.Data` that the config fits, see `settings`.
        models: `reuse.Models` that may have one.

    Raises:
        InputError: the networks or the optimizers cannot be made.
    """

    def renew(gan, new):
        for old, each in zip(_networks_of(gan), new, strict=True):
            assign(old.variables, each.variables)
        gan.begin(config.seed)

    return models.get(
        config,
        {
            "d_optimizer": "discriminator.optimizer",
            "g_optimizer": "generator.optimizer",
        },
        lambda: networks(config, data),
        lambda new: _compiled(config, data, *new),
        renew,
    )


def _networks_of(gan):
    return gan.generator, gan.discriminator


def _compiled(config, data, generator, discriminator):
    optimizers = new_optimizers(config, data)
    gan = GAN(
        generator,
        discriminator,
        losses.get(config.loss.name, config.loss.label_smoothing),
        n_dis=config.discriminator.updates,
        discriminator_batch=config.discriminator.batch,
        statistics=config.discriminator.statistics,
        penalties=penalties(config),
        augmentation=config.augmentation,
        ema_decay=config.ema_decay,
        ema_ramp=config.ema_ramp,
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


def new_optimizers(config, data):
    """Returns the discriminator's optimizer and the generator's."""
    steps = config.epochs * steps_per_epoch(config, data)
    return [
        _optimizer(config.discriminator, steps * config.discriminator.updates),
        _optimizer(config.generator, steps),
    ]


def networks(config, data):
    """Returns the generator and the discriminator for the examples of data."""
    return new_generator(config, data), new_discriminator(config, data)


def new_generator(config, data):
    """Returns the generator, with its reference batch if it needs one."""
    player = config.generator
    make, _ = zoo.GANS[config.networks]
    with building("The network"):
        generator = make(
            *_sizes(config, data.input_shape),
            base_width=player.base_width,
            latent_dim=player.latent_dim,
            norm=player.norm,
            weight_norm=player.weight_norm,
            seed=config.seed,
            **_classes(config, data, player),
        )
    if player.norm == "virtual":
        reference = drawn_inputs(
            config, data, config.seed, "reference", config.batch_size
        )
        generator = ReferenceModel(generator, reference, name="generator")
    return generator


def new_discriminator(config, data):
    """Returns the discriminator."""
    player = config.discriminator
    _, make = zoo.GANS[config.networks]
    with building("The network"):
        return make(
            *_sizes(config, data.input_shape),
            base_width=player.base_width,
            norm=player.norm,
            weight_norm=player.weight_norm,
            seed=config.seed,
            **_classes(config, data, player),
        )


def _classes(config, data, player):
    # Networks that know no classes need not have the arguments.
    if not config.conditional:
        return {}
    return {"classes": data.num_classes, "condition": player.condition}


def _sizes(config, shape):
    return shape if config.networks == "toy" else (shape[0], shape[2])


def steps_per_epoch(config, data):
    """Returns the number of generator updates in an epoch."""
    return config.steps_per_epoch or steps_per_pass(config, data)


def steps_per_pass(config, data):
    """Returns the number of generator updates in a pass over the data."""
    examples = config.batch_size * config.discriminator.updates
    return data.train.count // examples


def _optimizer(player, steps):
    settings = types.SimpleNamespace(optimizer=player.optimizer)
    optimizer = build_optimizer(settings, steps)
    if keras.config.dtype_policy().name == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
