"""What a normalization costs in the training step of a DCGAN."""

import keras
import tensorflow as tf
from keras import layers as kl

from ... import layers
from ..common import timing
from .report import goal

SUBJECTS = {
    "none": layers.NORMS["none"],
    "batch": layers.NORMS["batch"],
    "Keras batch": keras.layers.BatchNormalization,
}

LIMITS = {"float32": 1.10, "bfloat16": 1.20}


def goals(repeats, batch=64, width=64):
    """Returns rows that compare a step with batch norm to one without."""
    rows = []
    for dtype, limit in LIMITS.items():
        policy = "mixed_bfloat16" if dtype == "bfloat16" else dtype
        steps = {
            name: step(norm, policy, batch, width)
            for name, norm in SUBJECTS.items()
        }
        seconds = timing.interleaved(steps, repeats)
        for name in ("batch", "Keras batch"):
            ratio = seconds[name] / seconds["none"]
            figure = f"DCGAN step with {name} / with none, {dtype}"
            rows.append(goal(figure, ratio, limit if name == "batch" else None))
    return rows


def step(norm, policy, batch, width):
    """Returns a callable that trains generator and discriminator once."""
    generator = make_generator(norm, policy, width)
    discriminator = _discriminator(norm, policy, width)
    models = (generator, discriminator)
    optimizers = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in models]
    for optimizer, model in zip(optimizers, models, strict=True):
        optimizer.build(model.trainable_variables)
    images = tf.random.uniform([batch, 28, 28, 1], -1, 1)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function(autograph=False)
    def train(images):
        noise = tf.random.normal([batch, 100])
        with tf.GradientTape(persistent=True) as tape:
            fakes = generator(noise, training=True)
            real = discriminator(images, training=True)
            fake = discriminator(fakes, training=True)
            losses = (
                cross_entropy(tf.ones_like(fake), fake),
                cross_entropy(tf.ones_like(real), real)
                + cross_entropy(tf.zeros_like(fake), fake),
            )
        for loss, model, optimizer in zip(
            losses, models, optimizers, strict=True
        ):
            variables = model.trainable_variables
            values = [variable.value for variable in variables]
            optimizer.apply(tape.gradient(loss, values), variables)
        return losses

    def call():
        train(images)
        tf.test.experimental.sync_devices()

    return call


def make_generator(norm, policy, width):
    """Returns a generator of 28x28 images from 100 numbers each."""
    up = {"padding": "same", "use_bias": False, "dtype": policy}
    return keras.Sequential(
        [
            keras.Input([100]),
            kl.Dense(7 * 7 * 2 * width, use_bias=False, dtype=policy),
            kl.Reshape([7, 7, 2 * width], dtype=policy),
            norm(dtype=policy),
            kl.ReLU(dtype=policy),
            kl.Conv2DTranspose(width, 4, 2, **up),
            norm(dtype=policy),
            kl.ReLU(dtype=policy),
            kl.Conv2DTranspose(1, 4, 2, activation="tanh", **up),
        ]
    )


def _discriminator(norm, policy, width):
    down = {"padding": "same", "use_bias": False, "dtype": policy}
    return keras.Sequential(
        [
            keras.Input([28, 28, 1]),
            kl.Conv2D(width, 4, 2, **down),
            kl.LeakyReLU(0.2, dtype=policy),
            kl.Conv2D(2 * width, 4, 2, **down),
            norm(dtype=policy),
            kl.LeakyReLU(0.2, dtype=policy),
            kl.Flatten(dtype=policy),
            kl.Dense(1, dtype="float32"),
        ]
    )
