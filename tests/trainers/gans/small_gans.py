"""GANs of points, as small as they can be."""

import keras
import numpy as np
import tensorflow as tf

from normzoo import layers, zoo
from normzoo.trainers.gans.model import losses
from normzoo.trainers.gans.model.gan import GAN

LATENT, CLASSES = 3, 4


def points(rows, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, 2)).astype("float32")


def classes(rows, seed=0):
    return np.random.default_rng(seed).integers(
        CLASSES, size=rows, dtype="int32"
    )


def networks(
    g_norm="batch",
    d_norm="batch",
    weight_norm="none",
    classes=0,
    condition="projection",
):
    knobs = {"base_width": 8, "depth": 2, "classes": classes}
    generator = zoo.toy_generator(latent_dim=LATENT, norm=g_norm, **knobs)
    if g_norm == "virtual":
        reference = np.random.default_rng(5).normal(size=(6, LATENT))
        generator = layers.ReferenceModel(generator, reference)
    knobs |= {"weight_norm": weight_norm, "condition": condition}
    return generator, zoo.toy_discriminator(norm=d_norm, **knobs)


def gan(
    norms=("batch", "batch"),
    loss="non_saturating",
    optimizer=lambda: keras.optimizers.SGD(0.1),
    jit_compile=False,
    run_eagerly=False,
    **options,
):
    model = GAN(*networks(*norms), losses.get(loss), **options)
    model.compile(
        optimizer(),
        optimizer(),
        jit_compile=jit_compile,
        run_eagerly=run_eagerly,
    )
    model.reset_average()
    return model


def fit(model, examples, batch_size):
    data = tf.data.Dataset.from_tensor_slices(examples)
    return model.fit(data.batch(batch_size, True), verbose=0).history


def values(model):
    return [w.numpy() for w in model.weights]


def assert_close(left, right, rtol=1e-5, atol=1e-6):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, rtol, atol)
