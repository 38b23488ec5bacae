"""What a GAN's config must not be, said before anything is started."""

from ... import zoo
from ...configs import gan_default
from ...zoo.labels import CONDITIONS, JUDGMENTS
from ..common.errors import InputError
from ..data import gaussians
from ..data.sources import square_images
from ..own.code_parts import norms_code
from ..run.settings import Settings
from ..run.values import check_name
from . import real, regularization
from .metrics import measures
from .metrics.features import SOURCES
from .model import augmentation, losses
from .model.discrimination import BATCHES, STATISTICS
from .model.regularizers import REGULARIZERS

ON_NAN = ("raise", "restore", "ignore")
SPLITS = ("train", "validation", "test")


def _beside(config):
    """Returns what a result depends on besides, as `Settings` says."""
    found = norms_code(config.generator, config.discriminator)
    if square_images.is_folder(config.dataset.name):
        files = square_images.fingerprint(config.dataset.name)
        found["files of dataset.name"] = files
    return found


SETTINGS = Settings(
    defaults=gan_default.get_config,
    begin="normzoo.configs.gan_default.get_config()",
    optimizers=("generator.optimizer", "discriminator.optimizer"),
    positive=(
        "generator.base_width",
        "generator.latent_dim",
        "discriminator.base_width",
        "discriminator.updates",
        "metrics.classifier_epochs",
        "metrics.feature_units",
        "metrics.neighbors",
        "metrics.samples",
        *(f"regularizers.{name}.every" for name in REGULARIZERS),
    ),
    not_negative=(
        "loss.penalty",
        "steps_per_epoch",
        *(f"regularizers.{name}.weight" for name in REGULARIZERS),
    ),
    beside=_beside,
    below_one=("ema_decay",),
    older={"ema_ramp": False},
    seeds=("seed", "metrics.seed"),
    one_of={
        "networks": zoo.GANS,
        "generator.condition": CONDITIONS,
        "discriminator.condition": JUDGMENTS,
        "discriminator.batch": BATCHES,
        "discriminator.statistics": STATISTICS,
        "loss.name": losses.LOSSES,
        "loss.on_nan": ON_NAN,
        "metrics.features": SOURCES,
        "metrics.split": SPLITS,
    },
    apart=("compare", "checkpoint", "metrics.cache_dir"),
)


def checked(config):
    """Returns the config with Python's numbers; see `Settings.checked`."""
    config = SETTINGS.checked(config)
    validated = (f"val_{m.name}" for m in measures.metrics(config))
    best = config.checkpoint.best
    check_name("checkpoint.best", best, ("", *validated))
    discriminator = config.discriminator
    if discriminator.batch == "joint" and discriminator.statistics != "both":
        raise InputError(
            "In a joint batch, the statistics are those of real and generated "
            "examples together. Received: "
            f"discriminator.statistics={discriminator.statistics!r}. Set it to "
            "'both', or discriminator.batch to 'separate'."
        )
    losses.get(config.loss.name, config.loss.label_smoothing)
    augmentation.check(config.augmentation)
    regularization.check(config)
    _check_norms(config)
    return config


def check_data(config, data):
    """Raises `InputError` unless `config` describes a GAN for `data`."""
    _check_batch(config, data)
    _check_examples(config, data)


def _check_batch(config, data):
    examples = config.batch_size * config.discriminator.updates
    if examples > data.train.count:
        raise InputError(
            f"A step takes batch_size x discriminator.updates = {examples} "
            f"examples, and the training split has {data.train.count}. "
            "Lower one of them."
        )


def _check_examples(config, data):
    shape = data.input_shape
    points = data.modes is not None
    if points != (config.networks == "toy"):
        raise InputError(
            "The networks do not fit the data. Received: networks="
            f"{config.networks!r} and examples of shape {tuple(shape)}. 'toy' "
            f"makes the points of {gaussians.NAME!r}, the others make images."
        )
    if not points and (len(shape) != 3 or shape[0] != shape[1]):
        raise InputError(
            "The networks make square images. Received: examples of shape "
            f"{tuple(shape)}. Set --config.dataset.image_size=PIXELS and no "
            "dataset.view."
        )
    real.check(data)
    if config.conditional and data.num_classes < 2:
        raise InputError(
            "A conditional GAN needs examples of several classes. Received: "
            f"conditional=True and {data.num_classes} class in the data. Set "
            "--config.conditional=False."
        )
    if points and config.augmentation:
        raise InputError(
            "Only images can be changed at random. Received: augmentation="
            f"{config.augmentation!r} and points. Leave it empty."
        )
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
            "generated ones change with the generator. Received: "
            "discriminator.norm='virtual'. Use another norm there."
        )
    for name, player in (
        ("generator", generator),
        ("discriminator", discriminator),
    ):
        if config.batch_size == 1 and regularization.mixes_examples(
            player.norm
        ):
            raise InputError(
                "Batch norm needs more than one example in a batch. Received: "
                f"batch_size=1 and {name}.norm={player.norm!r}. Raise "
                "batch_size, or use another norm."
            )
