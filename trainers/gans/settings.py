"""What a GAN's config must not be, said before anything is started."""

from ... import zoo
from ..common.errors import InputError
from ..data import gaussians
from . import real
from .model.discrimination import BATCHES, STATISTICS

ON_NAN = ("raise", "restore", "ignore")
FEATURES = ("classifier", "raw", "inception")
SPLITS = ("train", "validation", "test")


def check(config, data):
    """Raises `InputError` unless `config` describes a GAN for `data`."""
    _check_choices(config)
    _check_numbers(config, data)
    _check_examples(config, data)
    _check_norms(config)
    if config.jit_compile and config.deterministic:
        raise InputError(
            "Keras has no deterministic XLA. Received: jit_compile=True and "
            "deterministic=True. Set --config.deterministic=False."
        )


def _check_choices(config):
    discriminator = config.discriminator
    for key, value, choices in (
        ("networks", config.networks, zoo.GANS),
        ("discriminator.batch", discriminator.batch, BATCHES),
        ("discriminator.statistics", discriminator.statistics, STATISTICS),
        ("loss.on_nan", config.loss.on_nan, ON_NAN),
        ("metrics.features", config.metrics.features, FEATURES),
        ("metrics.split", config.metrics.split, SPLITS),
    ):
        if value not in choices:
            raise InputError(
                f"Unknown {key}. Received: {value!r}. Expected one of: "
                f"{', '.join(choices)}."
            )
    if discriminator.batch == "joint" and discriminator.statistics != "both":
        raise InputError(
            "In a joint batch the statistics are those of both. Received: "
            f"discriminator.statistics={discriminator.statistics!r}. Set it "
            "to 'both', or discriminator.batch to 'separate'."
        )


def _check_numbers(config, data):
    for key, value in (
        ("epochs", config.epochs),
        ("log_every_steps", config.log_every_steps),
        ("validate_every_epochs", config.validate_every_epochs),
        ("steps_per_execution", config.steps_per_execution),
        ("discriminator.updates", config.discriminator.updates),
        ("metrics.samples", config.metrics.samples),
    ):
        if value < 1:
            raise InputError(f"{key} must be at least 1. Received: {value}.")
    if not 0 <= config.ema_decay < 1:
        raise InputError(
            f"ema_decay must be in [0, 1). Received: {config.ema_decay}."
        )
    examples = config.batch_size * config.discriminator.updates
    if examples > len(data.train.labels):
        raise InputError(
            f"A step takes batch_size x discriminator.updates = {examples} "
            f"examples, and the training split has {len(data.train.labels)}. "
            "Lower one of them."
        )


def _check_examples(config, data):
    shape = data.input_shape
    points = data.modes is not None
    if points != (config.networks == "toy"):
        raise InputError(
            "The networks do not fit the data. Received: networks="
            f"{config.networks!r} and examples of shape {tuple(shape)}. 'toy' "
            f"makes the points of {gaussians.NAME!r}, 'dcgan' makes images."
        )
    if not points and (len(shape) != 3 or shape[0] != shape[1]):
        raise InputError(
            "A DCGAN makes square images. Received: examples of shape "
            f"{tuple(shape)}. Set --config.dataset.image_size=PIXELS and no "
            "dataset.view."
        )
    real.check(data)
    if points and config.metrics.features != "raw":
        raise InputError(
            "Points are their own features. Received: metrics.features="
            f"{config.metrics.features!r}. Set --config.metrics.features=raw."
        )


def _check_norms(config):
    generator, discriminator = config.generator, config.discriminator
    if discriminator.norm == "virtual":
        raise InputError(
            "The discriminator's examples have no fixed reference batch: the "
            "made ones change with the generator. Received: "
            "discriminator.norm='virtual'. Use another norm there."
        )
    if config.loss.name == "wasserstein" and discriminator.norm == "batch":
        raise InputError(
            "The gradient penalty is that of each example alone, which batch "
            "norm mixes. Received: loss.name='wasserstein' and "
            "discriminator.norm='batch'. Use layer or none."
        )
    for name, player in (
        ("generator", generator),
        ("discriminator", discriminator),
    ):
        if config.batch_size == 1 and player.norm == "batch":
            raise InputError(
                "Batch norm has nothing to compare in a batch of 1. Received: "
                f"batch_size=1 and {name}.norm='batch'. Raise batch_size, or "
                "use another norm."
            )
