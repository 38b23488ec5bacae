"""The training steps of a DCGAN that several suites measure.

28x28 pixels, 100 numbers of noise, and the networks of `normzoo.zoo`.
"""

import functools

import keras
import numpy as np
import tensorflow as tf

from ... import layers, zoo
from ...configs import digits_dcgan
from ..common import precision, timing
from ..data import loading
from ..gans import build
from .report import goal

PIXELS, LATENT = 28, 100

#: Norm -> what both networks take. Keras' layer with the options of ours.
SUBJECTS = {
    "none": "none",
    "batch": "batch",
    "Keras batch": functools.partial(
        keras.layers.BatchNormalization, momentum=0.9, epsilon=1e-5
    ),
}

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}

#: The most that a step with batch norm may cost, in steps without.
LIMITS = {"float32": 1.10, "bfloat16": 1.20}


def goals(repeats, batch=64, width=64):
    """Returns rows that compare a step with batch norm to one without."""
    rows = []
    for dtype in LIMITS:
        steps = step_per_norm(dtype, batch, width)
        rows += ratios(timing.interleaved(steps, repeats), dtype)
    return rows


def ratios(seconds, dtype):
    """Returns the rows of a type, from name -> seconds of a step."""
    limits = {"batch": LIMITS[dtype], "Keras batch": None}
    return [
        goal(
            f"DCGAN step, {name} / none, {dtype}",
            seconds[name] / seconds["none"],
            limit,
        )
        for name, limit in limits.items()
    ]


def step_per_norm(dtype, batch, width):
    """Returns name -> `step` with that norm."""
    return {
        name: step(norm, POLICIES[dtype], batch, width)
        for name, norm in SUBJECTS.items()
    }


def step(norm, policy, batch, width, weight_norm="none"):
    """Returns a callable that trains both networks once, as `fit` does.

    With all that the trainer does in a step: both updates, the moving average
    and the logged means, which the callable returns.

    Args:
        norm: a name in `normzoo.layers.NORMS`, or a layer's class.
        policy: the dtype policy of all layers.
        batch: the number of examples.
        width: the channels next to the images.
        weight_norm: of the discriminator, a name in
            `normzoo.layers.WEIGHT_NORMS`, or a class of wrappers.
    """
    settings = config(batch, width)
    settings.precision = policy
    with settings.ignore_type():
        settings.discriminator.weight_norm = weight_norm
    model = gan(settings, norm)
    images = np.random.default_rng(0).uniform(-1, 1, (batch, PIXELS, PIXELS, 1))
    return compiled_step(model, images)


def generator_step(norm, reference, policy, jit_compile, batch, width):
    """Returns a callable that trains a generator on one batch, as `fit` does.

    Args:
        norm: see `step`.
        reference: whether a reference batch goes along.
        policy: see `step`.
        jit_compile: whether to compile with XLA.
        batch: the number of examples, and of those of the reference.
        width: see `step`.
    """
    noise = np.random.default_rng(0).normal(size=(2, batch, LATENT))
    with precision.dtype_policy(policy):
        model = zoo.dcgan_generator(
            PIXELS, norm=norm, base_width=width, latent_dim=LATENT
        )
        if reference:
            model = layers.ReferenceModel(model, noise[1])
    model.compile("adam", "mse", jit_compile=jit_compile)
    images = np.zeros((batch, PIXELS, PIXELS, 1))
    return compiled_step(model, noise[0], images)


def compiled_step(model, *arrays):
    """Returns a callable that trains a compiled model once on these arrays."""
    arrays = tuple(array.astype("float32") for array in arrays)
    data = tf.data.Dataset.from_tensors(
        arrays if len(arrays) > 1 else arrays[0]
    )
    batches = iter(data.repeat())
    model.make_train_function()

    def call():
        logs = model.train_function(batches)
        return keras.tree.map_structure(np.asarray, logs)

    return call


def config(batch, width):
    """Returns the config of a GAN whose step is measured."""
    config = digits_dcgan.get_config()
    config.dataset.image_size = PIXELS
    config.batch_size = batch
    config.steps_per_execution = 1
    for network in (config.generator, config.discriminator):
        network.base_width = width
    config.generator.latent_dim = LATENT
    return config


def gan(config, norm):
    """Returns the compiled GAN of a config, with a norm in both networks."""
    config = config.copy_and_resolve_references()
    # A config holds names only; a class goes straight to the networks.
    with config.ignore_type():
        config.generator.norm = config.discriminator.norm = norm
    data = loading.load_data(config)
    with precision.dtype_policy(config.precision):
        return build.compiled_gan(config, data)
