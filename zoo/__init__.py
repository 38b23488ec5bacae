"""Reference models that take any normalization by name."""

from .branches import Branches
from .cnn import cnn
from .dcgan import dcgan_discriminator, dcgan_generator
from .hidden import Hidden
from .mlp import mlp
from .mlp_mixer import mlp_mixer
from .r3gan import r3gan_discriminator, r3gan_generator
from .recurrent_norms import RECURRENT_NORMS
from .resnet import resnet
from .sngan import sngan_discriminator, sngan_generator
from .stacked_rnn import stacked_rnn
from .toy_gan import toy_discriminator, toy_generator
from .vit_tiny import vit_tiny

#: Name -> function that returns a model. The trainers read it.
MODELS = {
    "mlp": mlp,
    "cnn": cnn,
    "resnet": resnet,
    "vit_tiny": vit_tiny,
    "mlp_mixer": mlp_mixer,
    "stacked_rnn": stacked_rnn,
}

#: Name -> functions that return a generator and a discriminator. The first
#: argument of both says what one example is like.
GANS = {
    "dcgan": (dcgan_generator, dcgan_discriminator),
    "sngan": (sngan_generator, sngan_discriminator),
    "r3gan": (r3gan_generator, r3gan_discriminator),
    "toy": (toy_generator, toy_discriminator),
}

__all__ = [
    "GANS",
    "MODELS",
    "RECURRENT_NORMS",
    "Branches",
    "Hidden",
    "cnn",
    "dcgan_discriminator",
    "dcgan_generator",
    "mlp",
    "mlp_mixer",
    "r3gan_discriminator",
    "r3gan_generator",
    "resnet",
    "sngan_discriminator",
    "sngan_generator",
    "stacked_rnn",
    "toy_discriminator",
    "toy_generator",
    "vit_tiny",
]
